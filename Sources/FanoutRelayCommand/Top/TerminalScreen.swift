import CommandSupport
import Glibc
import Settings
import WebSockets

/// How much a terminal shows.
struct TerminalSize: Equatable {
    let columns: Int
    let rows: Int
}

/// The terminal while a program draws on all of it: what stood there before comes back in the end.
final class TerminalScreen {
    private let isColoured: Bool
    /// How the terminal was; nil when keys can't be read.
    private var former: termios?
    private let keys = OwnThread(name: "keys")

    /// Nil where standard output is no terminal, or one that can't move its cursor.
    init?() {
        let environment = Settings.environment
        guard isatty(STDOUT_FILENO) == 1, !["", "dumb"].contains(environment["TERM"] ?? "") else { return nil }
        isColoured = environment["NO_COLOR"]?.isEmpty ?? true
    }

    /// How large it is now.
    var size: TerminalSize {
        var size = winsize()
        let isKnown = unsafe ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0 && size.ws_row > 0
        guard isKnown else { return TerminalSize(columns: 80, rows: 24) }
        return TerminalSize(columns: Int(size.ws_col), rows: Int(size.ws_row))
    }

    /// Takes the terminal over; each key is told on a thread of its own.
    func enter(_ pressed: @escaping @Sendable (UInt8) -> Void) {
        var mode = termios()
        if unsafe tcgetattr(STDIN_FILENO, &mode) == 0 {
            former = mode
            // Keys come at once and aren't echoed. Ctrl-C stays a signal; Ctrl-Z would leave the screen as it is.
            mode.c_lflag &= ~tcflag_t(ICANON | ECHO)
            (mode.c_cc.5, mode.c_cc.6, mode.c_cc.10) = (0, 1, 0)
            unsafe tcsetattr(STDIN_FILENO, TCSANOW, &mode)
            Task(executorPreference: keys) {
                var key: UInt8 = 0
                while unsafe read(STDIN_FILENO, &key, 1) == 1 { pressed(key) }
            }
        }
        // The other screen, without a cursor.
        StandardStream.output.write("\u{1B}[?1049h\u{1B}[?25l\u{1B}[H\u{1B}[2J")
    }

    /// Draws over what stands there.
    func draw(_ lines: [TopView.Line]) {
        var text = "\u{1B}[H"
        for (index, line) in lines.enumerated() {
            text += (index == 0 ? "" : "\r\n") + "\u{1B}[2K" + styled(line)
        }
        // Only where there is a line below: one that is full has no place for the cursor behind it.
        if lines.count < size.rows { text += "\r\n\u{1B}[J" }
        StandardStream.output.write(text)
    }

    private func styled(_ line: TopView.Line) -> String {
        guard isColoured else { return line.text }
        switch line.style {
        case .plain: return line.text
        case .heading: return "\u{1B}[1m\(line.text)\u{1B}[0m"
        case .bad: return "\u{1B}[31m\(line.text)\u{1B}[0m"
        }
    }

    /// Gives the terminal back as it was.
    func leave() {
        StandardStream.output.write("\u{1B}[?25h\u{1B}[?1049l")
        if var former { unsafe tcsetattr(STDIN_FILENO, TCSADRAIN, &former) }
    }
}
