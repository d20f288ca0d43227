import CommandSupport
import Synchronization

/// Headers and init payload for the upstream, asked for at each connect.
///
/// Shared by the session's two closures: the payload that a command printed belongs to the headers it printed.
final class CredentialSource: Sendable {
    private let fixedHeaders: [HeaderLine]
    private let headerFile: String?
    private let fixedPayload: String?
    private let initPayloadFile: String?
    private let command: ShellCommand?
    private let timeout: Duration
    private let printed = Mutex<PrintedCredentials?>(nil)

    init(
        headers: [HeaderLine] = [],
        headerFile: String? = nil,
        initPayload: String? = nil,
        initPayloadFile: String? = nil,
        command: ShellCommand? = nil,
        timeout: Duration = .seconds(10)
    ) {
        fixedHeaders = headers
        self.headerFile = headerFile
        fixedPayload = initPayload
        self.initPayloadFile = initPayloadFile
        self.command = command
        self.timeout = timeout
    }

    /// What is said not to return when headers can't be had in time.
    var headersName: String { command == nil ? "--header-file" : "--credentials-command" }

    /// Those of the flags, replaced by name by those of the file, and these by those of the command.
    func headers() async throws -> [(name: String, value: String)] {
        var headers = fixedHeaders
        if let headerFile { Self.replace(&headers, with: try Self.lines(of: headerFile)) }
        if let command {
            let credentials = try await run(command)
            printed.withLock { $0 = credentials }
            Self.replace(&headers, with: credentials.headers)
        }
        return headers.map { ($0.name, $0.value) }
    }

    /// The command's, else the file's, else the flag's; the command is the one that `headers` ran.
    func initPayload() throws -> String? {
        if let payload = printed.withLock({ $0?.initPayload }) { return payload }
        return try initPayloadFile.map { try FileText.read($0, option: "--init-payload-file") } ?? fixedPayload
    }

    private func run(_ command: ShellCommand) async throws(CredentialError) -> PrintedCredentials {
        let output: [UInt8]
        do {
            output = try await command.output(within: timeout)
        } catch {
            throw CredentialError(description: "--credentials-command: \(error)")
        }
        return try PrintedCredentials(parsing: output)
    }

    private static func lines(of file: String) throws -> [HeaderLine] {
        let text = try FileText.read(file, option: "--header-file")
        var headers: [HeaderLine] = []
        // The content is secret: a bad line is named by its number.
        for (index, line) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated()
        where !line.allSatisfy(\.isWhitespace) && !line.hasPrefix("#") {
            guard let header = HeaderLine(String(line)) else {
                throw CredentialError(description: "--header-file '\(file)': line \(index + 1) is no 'Name: value'")
            }
            headers.append(header)
        }
        return headers
    }

    private static func replace(_ headers: inout [HeaderLine], with others: [HeaderLine]) {
        let names = Set(others.map { $0.name.lowercased() })
        headers.removeAll { names.contains($0.name.lowercased()) }
        headers += others
    }
}

/// Credentials that can't be had this time; never holds any of them.
struct CredentialError: Error, CustomStringConvertible {
    /// One line.
    let description: String
}
