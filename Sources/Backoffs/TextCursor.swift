/// Reads the words, numbers and durations of the command-line grammar, and knows the column of each.
struct TextCursor {
    private let characters: [Character]
    private var position = 0

    init(_ text: String) {
        characters = Array(text)
    }

    /// A position to report an error at, after the error's cause was already read.
    struct Mark {
        fileprivate let position: Int
    }

    var mark: Mark { Mark(position: position) }

    var isAtEnd: Bool {
        mutating get {
            skipSpace()
            return position == characters.count
        }
    }

    /// An error at the next thing to read, or where a mark was made.
    mutating func error(expected: String, at mark: Mark? = nil) -> BackoffSyntaxError {
        if mark == nil { skipSpace() }
        let start = mark?.position ?? position
        return BackoffSyntaxError(column: start + 1, found: excerpt(from: start), expected: expected)
    }

    /// Reads this character if it comes next.
    mutating func skip(_ character: Character) -> Bool {
        skipSpace()
        guard position < characters.count, characters[position] == character else { return false }
        position += 1
        return true
    }

    mutating func expect(_ character: Character, or others: String = "") throws(BackoffSyntaxError) {
        guard skip(character) else { throw error(expected: "\(others)'\(character)'") }
    }

    /// Reads a word of ASCII letters; empty if there is none.
    mutating func word() -> String {
        skipSpace()
        return take { $0.isASCII && $0.isLetter }
    }

    /// Reads a number with or without a fraction and an exponent.
    mutating func number(
        from lowest: Double,
        to highest: Double,
        expected: String
    ) throws(BackoffSyntaxError) -> Double {
        skipSpace()
        let start = mark
        guard position < characters.count, characters[position].isDecimalDigit else { throw error(expected: expected) }
        let text = take { $0.isDecimalDigit || ".eE+-".contains($0) }
        guard let value = Double(text), lowest...highest ~= value else { throw error(expected: expected, at: start) }
        return value
    }

    /// Reads a whole number.
    mutating func integer(in range: ClosedRange<Int>, expected: String) throws(BackoffSyntaxError) -> Int {
        skipSpace()
        let start = mark
        let text = take { $0.isDecimalDigit || $0 == "." }
        guard let value = Int(text), range ~= value else { throw error(expected: expected, at: start) }
        return value
    }

    /// Reads a duration: digits, perhaps a fraction, and a unit.
    mutating func duration(expected: String = Duration.syntax) throws(BackoffSyntaxError) -> Duration {
        skipSpace()
        let start = mark
        let whole = take { $0.isDecimalDigit }
        guard !whole.isEmpty else { throw error(expected: expected, at: start) }
        var fraction = ""
        if position < characters.count, characters[position] == "." {
            position += 1
            fraction = take { $0.isDecimalDigit }
            if fraction.isEmpty { throw error(expected: "digits after the point", at: mark) }
        }
        let unitMark = mark
        guard let unit = Duration.unit(named: take { $0.isLetter }) else {
            throw error(expected: "a unit: ms, s, m or h", at: unitMark)
        }
        guard let value = Duration(whole: whole, fraction: fraction, unit: unit) else {
            throw error(expected: "a duration of at most 876000h", at: start)
        }
        return value
    }

    private mutating func skipSpace() {
        while position < characters.count, characters[position].isWhitespace { position += 1 }
    }

    private mutating func take(while isWanted: (Character) -> Bool) -> String {
        let start = position
        while position < characters.count, isWanted(characters[position]) { position += 1 }
        return String(characters[start..<position])
    }

    // A word as a whole, anything else as one character; short and in one line, whatever the input.
    private func excerpt(from start: Int) -> String {
        guard start < characters.count else { return "the end" }
        let isWordLike: (Character) -> Bool = { $0.isLetter || $0.isNumber || $0 == "." || $0 == "-" }
        let word = characters[start...].prefix(while: isWordLike)
        let shown = word.isEmpty ? String(characters[start]) : String(word.prefix(24))
        let scalars = shown.unicodeScalars.prefix(32).map { $0.escaped(asASCII: false) }
        return "'" + scalars.joined() + (word.count > 24 ? "…" : "") + "'"
    }
}

extension Character {
    var isDecimalDigit: Bool { ("0"..."9").contains(self) && isASCII }
}
