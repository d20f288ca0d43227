package import ArgumentParser

/// The message, one line, and the exit code with which a program ends on bad flags or a failing system.
package struct Complaint {
    /// Names the option, the value and what is allowed.
    package let text: String
    private let program: String
    /// 64, or the code of a `ReportedError`.
    package let exitCode: Int32

    /// The text, behind the program's name.
    package var line: String { line(of: text) }

    /// The same of another text.
    package func line(of text: String) -> String { "\(program): \(text)" }

    /// Nil for errors that aren't complaints: help, versions, and a command's own exit code.
    package init?(_ error: any Error, of program: (some ParsableCommand).Type) {
        let code = program.exitCode(for: error)
        let reported = error as? any ReportedError
        guard code == .validationFailure || reported != nil else { return nil }
        let words = (reported?.description ?? program.message(for: error)).split(whereSeparator: \.isNewline)
        self.program = program.configuration.commandName ?? "\(program)"
        text = words.joined(separator: " ")
        exitCode = reported?.exitCode ?? code.rawValue
    }

    /// The complaint about these arguments; nil if they are valid.
    package init?(about arguments: [String], of program: (some ParsableCommand).Type) {
        do {
            _ = try program.parseAsRoot(arguments)
            return nil
        } catch {
            self.init(error, of: program)
        }
    }
}
