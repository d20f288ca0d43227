/// Reads the command-line grammar of a back-off, in one pass from left to right.
struct BackoffParser {
    private static let waitKinds = ["exponential", "constant", "fibonacci", "decay", "a list in brackets"]
    private static let tryCounts = 1...1_000_000_000

    private var cursor: TextCursor

    init(_ text: String) {
        cursor = TextCursor(text)
    }

    mutating func backoff() throws(BackoffSyntaxError) -> Backoff {
        if skip("off") || skip("none") {
            guard cursor.isAtEnd else { throw cursor.error(expected: "nothing after off") }
            return .off
        }
        let hint = try hint()
        let choice = Self.alternatives(hint == nil ? Self.waitKinds + ["hint", "off"] : Self.waitKinds)
        var backoff = Backoff(waits: try waits(expected: choice), hint: hint)
        var open = ["jitter", "tries", "time"]
        while !cursor.isAtEnd {
            let expected = open.isEmpty ? "nothing more" : Self.alternatives(open.map { $0 + ":" })
            let name = try word(outOf: &open, expected: expected)
            try cursor.expect(":")
            switch name {
            case "jitter": backoff.jitter = try jitter()
            case "tries": backoff.maxTries = try tries()
            default: backoff.maxTime = try time()
            }
        }
        return backoff
    }

    /// The rule for hints and the `or` behind it; nil if the waits come at once.
    private mutating func hint() throws(BackoffSyntaxError) -> Backoff.Hint? {
        guard skip("hint") else { return nil }
        var hint = Backoff.Hint()
        var open = ["max", "jitter"]
        while let name = try argument(outOf: &open, of: 2) {
            switch name {
            case "max": hint.max = try cursor.duration()
            default: hint.jitter = try jitter()
            }
        }
        guard skip("or") else { throw cursor.error(expected: "or, and what to do without a hint") }
        return hint
    }

    private mutating func waits(expected: String) throws(BackoffSyntaxError) -> Backoff.Waits {
        if cursor.skip("[") { return try list() }
        _ = cursor.isAtEnd
        let start = cursor.mark
        switch cursor.word() {
        case "exponential": return try exponential()
        case "constant": return try constant()
        case "fibonacci": return try fibonacci()
        case "decay": return try decay()
        default: throw cursor.error(expected: expected, at: start)
        }
    }

    private mutating func exponential() throws(BackoffSyntaxError) -> Backoff.Waits {
        var base = 2.0
        var factor = Duration.seconds(1)
        var max: Duration?
        var open = ["base", "factor", "max"]
        while let name = try argument(outOf: &open, of: 3) {
            switch name {
            case "base": base = try cursor.number(from: 1, to: 1e6, expected: "a number from 1 to 1000000")
            case "factor": factor = try cursor.duration()
            default: max = try cursor.duration()
            }
        }
        return .exponential(base: base, factor: factor, max: max)
    }

    private mutating func constant() throws(BackoffSyntaxError) -> Backoff.Waits {
        try cursor.expect("(")
        let wait = try cursor.duration()
        try cursor.expect(")")
        return .constant(wait)
    }

    private mutating func fibonacci() throws(BackoffSyntaxError) -> Backoff.Waits {
        var max: Duration?
        var open = ["max"]
        while try argument(outOf: &open, of: 1) != nil { max = try cursor.duration() }
        return .fibonacci(max: max)
    }

    private mutating func decay() throws(BackoffSyntaxError) -> Backoff.Waits {
        var initial = Duration.seconds(1)
        var factor = 1.0
        var min: Duration?
        var open = ["initial", "factor", "min"]
        while let name = try argument(outOf: &open, of: 3) {
            switch name {
            case "initial": initial = try cursor.duration()
            case "factor": factor = try cursor.number(from: 0, to: 1e6, expected: "a number from 0 to 1000000")
            default: min = try cursor.duration()
            }
        }
        return .decay(initial: initial, factor: factor, min: min)
    }

    private mutating func list() throws(BackoffSyntaxError) -> Backoff.Waits {
        var waits = [try cursor.duration()]
        while !cursor.skip("]") {
            let expected = cursor.skip(",") ? Duration.syntax : "',', ']' or \(Duration.syntax)"
            waits.append(try cursor.duration(expected: expected))
        }
        return .sequence(waits)
    }

    /// Reads up to the value of the next named argument, with parenthesis or comma in front; nil after the last.
    private mutating func argument(outOf open: inout [String], of count: Int) throws(BackoffSyntaxError) -> String? {
        if open.count == count {
            guard cursor.skip("("), !cursor.skip(")") else { return nil }
        } else {
            if cursor.skip(")") { return nil }
            guard !open.isEmpty else { throw cursor.error(expected: "')'") }
            try cursor.expect(",", or: "')' or ")
        }
        let name = try word(outOf: &open, expected: Self.alternatives(open))
        try cursor.expect(":")
        return name
    }

    /// Reads one of these words and takes it off the list, so that none is read twice.
    private mutating func word(outOf open: inout [String], expected: String) throws(BackoffSyntaxError) -> String {
        _ = cursor.isAtEnd
        let start = cursor.mark
        let name = cursor.word()
        guard let index = open.firstIndex(of: name) else { throw cursor.error(expected: expected, at: start) }
        return open.remove(at: index)
    }

    private mutating func jitter() throws(BackoffSyntaxError) -> Backoff.Jitter {
        var open = ["full", "random", "none"]
        switch try word(outOf: &open, expected: Self.alternatives(open)) {
        case "full": return .full
        case "random": return .random
        default: return .none
        }
    }

    private mutating func tries() throws(BackoffSyntaxError) -> Int? {
        if skip("unlimited") { return nil }
        return try cursor.integer(in: Self.tryCounts, expected: "a whole number from 1 to 1000000000 or unlimited")
    }

    private mutating func time() throws(BackoffSyntaxError) -> Duration? {
        if skip("unlimited") { return nil }
        return try cursor.duration(expected: "\(Duration.syntax), or unlimited")
    }

    /// Reads this word if it comes next.
    private mutating func skip(_ word: String) -> Bool {
        let before = cursor
        if cursor.word() == word { return true }
        cursor = before
        return false
    }

    private static func alternatives(_ words: [String]) -> String {
        guard let last = words.last, words.count > 1 else { return words.first ?? "" }
        return words.dropLast().joined(separator: ", ") + " or " + last
    }
}
