import ArgumentParser

/// The one line and the exit code with which the tool ends on bad flags or a failing system.
struct Complaint {
    /// Names the option, the value and what is allowed.
    let line: String
    /// 64, or the code of a `ReportedError`.
    let exitCode: Int32

    /// Nil for what is no complaint: help, versions, and a command's own exit code.
    init?(_ error: any Error) {
        let code = FanoutLoadCommand.exitCode(for: error)
        let reported = error as? any ReportedError
        guard code == .validationFailure || reported != nil else { return nil }
        let words = reported?.description ?? FanoutLoadCommand.message(for: error)
        line = "fanout-load: \(words.split(whereSeparator: \.isNewline).joined(separator: " "))"
        exitCode = reported?.exitCode ?? code.rawValue
    }

    /// The complaint that these arguments earn; nil if they are good.
    init?(about arguments: [String]) {
        do {
            _ = try FanoutLoadCommand.parseAsRoot(arguments)
            return nil
        } catch {
            self.init(error)
        }
    }
}
