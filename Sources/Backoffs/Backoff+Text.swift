extension Backoff {
    /// Reads a back-off as it is written on the command line.
    ///
    /// ```
    /// exponential(base: 2, factor: 1s, max: 60s) jitter: full tries: unlimited time: 5m
    /// ```
    ///
    /// First, if the server's hints are to be followed, such as the header `Retry-After`:
    ///
    /// ```
    /// hint(max: 60s, jitter: random) or exponential(max: 60s) tries: 5
    /// ```
    ///
    /// The arguments of `hint` have these defaults, and what comes after `or` serves where there is no hint. See
    /// ``Hint``.
    ///
    /// Then the waits, with their defaults:
    ///
    /// | Text | Waits |
    /// | --- | --- |
    /// | `exponential(base: 2, factor: 1s, max: …)` | factor, factor · base, factor · base² …, at most max |
    /// | `constant(5s)` | always the same |
    /// | `fibonacci(max: …)` | 1, 1, 2, 3, 5 … seconds, at most max |
    /// | `decay(initial: 1s, factor: 1, min: …)` | initial · e^(-n · factor), at least min |
    /// | `[1s, 2s, 5s]` | these, then given up; commas may be left out |
    /// | `off` or `none` | no second try; stands alone |
    ///
    /// At last, in any order and each at most once:
    ///
    /// - `jitter: full`, `random` or `none`. The default is `full`. Not applied to hints, which have their own.
    /// - `tries: N` or `unlimited`, the first try included. The default is `unlimited`.
    /// - `time: DURATION` or `unlimited`. The default is `unlimited`.
    ///
    /// Arguments in parentheses may come in any order, and any may be left out except the one of `constant`. For
    /// durations see `Duration(parsing:)`. Space and line ends between words don't matter.
    ///
    /// - Throws: An error that points at the column where reading stopped and says what is allowed there.
    public init(parsing text: String) throws(BackoffSyntaxError) {
        var parser = BackoffParser(text)
        self = try parser.backoff()
    }
}

extension Backoff: CustomStringConvertible {
    /// The back-off in full, as `init(parsing:)` reads it.
    ///
    /// Whatever is a closure or a sequence of your own is named `custom`: waits, jitter, the reader of hints, a limit.
    /// Such a text can't be read back, nor one with a number that the grammar doesn't allow. ``giveUp`` and the
    /// handlers are left out.
    public var description: String {
        if waits.isEmpty { return "off" }
        let tries = triesLimit.text { "\(Swift.max($0, 1))" }
        let time = timeLimit.text(of: \.canonicalText)
        let prefix = hint.map { "\($0) or " } ?? ""
        return "\(prefix)\(waits) jitter: \(jitter) tries: \(tries) time: \(time)"
    }
}

extension Backoff.Hint: CustomStringConvertible {
    /// The rule as ``Backoff/init(parsing:)`` reads it in front of `or`; with `custom` if a closure reads the hints.
    public var description: String {
        "hint(\(isCustom ? "custom, " : "")max: \(max.canonicalText), jitter: \(jitter))"
    }
}

extension Backoff.Waits: CustomStringConvertible {
    /// The waits as ``Backoff/init(parsing:)`` reads them, or `custom`.
    public var description: String {
        switch kind {
        case .exponential(let base, let factor, let max):
            return "exponential(base: \(Self.text(of: base)), factor: \(factor.canonicalText)\(Self.bound("max", max)))"
        case .constant(let wait):
            return "constant(\(wait.canonicalText))"
        case .fibonacci(let max):
            return max.map { "fibonacci(max: \($0.canonicalText))" } ?? "fibonacci"
        case .decay(let initial, let factor, let min):
            let arguments = "initial: \(initial.canonicalText), factor: \(Self.text(of: factor))"
            return "decay(\(arguments)\(Self.bound("min", min)))"
        case .list(let waits):
            return waits.isEmpty ? "off" : "[" + waits.map(\.canonicalText).joined(separator: ", ") + "]"
        case .custom:
            return "custom"
        }
    }

    var isEmpty: Bool {
        guard case .list(let waits) = kind else { return false }
        return waits.isEmpty
    }

    private static func bound(_ name: String, _ bound: Duration?) -> String {
        bound.map { ", \(name): \($0.canonicalText)" } ?? ""
    }

    private static func text(of number: Double) -> String {
        let text = "\(number)"
        return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
    }
}

extension Backoff.Jitter: CustomStringConvertible {
    /// The jitter as ``Backoff/init(parsing:)`` reads it, or `custom`.
    public var description: String {
        switch self {
        case .none: "none"
        case .full: "full"
        case .random: "random"
        case .custom: "custom"
        }
    }
}
