import CEdit
import Glibc
import WebSockets

/// The lines of standard input; on a terminal they can be edited and have a history.
final class LineSource: Sendable {
    /// The most lines of the history.
    private static let historyLength: Int32 = 1000

    /// True on a terminal.
    let isInteractive: Bool
    private let historyFile: String?
    private let thread = OwnThread(name: "input")

    init(historyFile: String?) {
        self.historyFile = historyFile
        isInteractive = isatty(0) == 1 && isatty(1) == 1
        guard isInteractive else { return }
        unsafe setlocale(LC_CTYPE, "")
        cedit_catch_signals()
        using_history()
        stifle_history(Self.historyLength)
        if let historyFile { unsafe _ = read_history(historyFile) }
    }

    /// The next line without its end; nil at the end of the input.
    func next(prompt: String) async throws -> String? {
        guard isInteractive else { return await Task(executorPreference: thread) { readLine() }.value }
        return await Task(executorPreference: thread) { [historyFile] () -> String? in
            guard let line = unsafe readline(prompt) else { return nil }
            defer { unsafe free(line) }
            let text = unsafe String(cString: line)
            guard !text.isEmpty else { return text }
            unsafe add_history(line)
            if let historyFile { unsafe _ = write_history(historyFile) }
            return text
        }.value
    }
}
