import CommandSupport
import Glibc
import GraphQLSession

/// Reads lines and answers them, one after the other.
struct Console {
    let session: PermanentSession
    let notices: ConnectionNotices

    /// Runs to the end of the input; true if every query had a result without errors.
    ///
    /// - Throws: `Failure` when the session has ended.
    func run(_ input: ConsoleInput, _ lines: LineSource) async throws -> Bool {
        var (input, isFlawless) = (input, true)
        while true {
            let line = try await lines.next(prompt: input.prompt)
            do {
                if let request = try input.take(line) {
                    let result = try await notices.whileWaiting { try await session.execute(request) }
                    StandardStream.output.write(result.text + "\n")
                }
            } catch SessionError.ended(let failure) {
                throw Failure(line: "the server can't be had: \(failure)", exitCode: EX_UNAVAILABLE)
            } catch {
                isFlawless = false
                StandardStream.error.write("error: \("\(error)".onOneLine)\n")
            }
            if line == nil { return isFlawless }
        }
    }
}
