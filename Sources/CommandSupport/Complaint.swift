package import ArgumentParser

/// The message, one line, and the exit code with which a program ends on bad flags or a failing system.
package struct Complaint {
    /// Names the program, the option, the value and what is allowed.
    package let line: String
    /// 64, or the code of a `ReportedError`.
    package let exitCode: Int32

    /// Nil for errors that aren't complaints: help, versions, and a command's own exit code.
    package init?(_ error: any Error, of program: (some ParsableCommand).Type) {
        let code = program.exitCode(for: error)
        let reported = error as? any ReportedError
        guard code == .validationFailure || reported != nil else { return nil }
        let words = (reported?.description ?? program.message(for: error)).split(whereSeparator: \.isNewline)
        let name = program.configuration.commandName ?? "\(program)"
        line = "\(name): \(words.joined(separator: " "))"
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
