import CommandSupport
import Glibc

/// What a run shows after each fault.
struct ChaosProgress {
    private static let width = 20

    private let total: Int
    private let isOnTerminal: Bool

    init(total: Int, isOnTerminal: Bool = isatty(StandardStream.error.rawValue) == 1) {
        self.total = total
        self.isOnTerminal = isOnTerminal
    }

    /// Shows the newest result.
    func show(_ results: [FaultResult]) { StandardStream.error.write(line(results)) }

    /// The line of the newest result; on a terminal it takes the place of the one before, unless that found something.
    func line(_ results: [FaultResult]) -> String {
        guard let result = results.last else { return "" }
        let findings = result.findings
        let words = findings.isEmpty ? "" : "  FOUND \(findings.joined(separator: ", "))"
        let text =
            "\(results.count)/\(total)  \(result.fault)  stall \(NumberText.fine(result.stall)) s"
            + "  well after \(NumberText.fine(result.recovery)) s  gaps \(result.gaps)  missed \(result.missed)\(words)"
        guard isOnTerminal else { return text + "\n" }
        let full = total == 0 ? Self.width : results.count * Self.width / total
        let bar = "[\(String(repeating: "#", count: full))\(String(repeating: "-", count: Self.width - full))]"
        // CSI K erases the rest of the line (ECMA-48).
        return "\r\(bar) \(text)\u{1B}[K" + (findings.isEmpty && results.count < total ? "" : "\n")
    }
}
