/// A rule's code: its letter and its number.
struct RuleCode: Hashable, CustomStringConvertible {
    let letter: UInt8
    let number: Int

    var description: String { "\(Character(Unicode.Scalar(letter)))\(number)" }

    private static let letters = Array("PCLSD".utf8)

    /// The code that stands at a place of a line, as a word of its own, and where it ends.
    ///
    /// What stands in an escape isn't one, such as the hexadecimal digits of `\u{…}` or `%…`.
    static func read(_ line: [UInt8], at start: Int) -> (code: RuleCode, end: Int)? {
        guard letters.contains(line[start]) else { return nil }
        if start > 0, isWord(line[start - 1]) || Array("{%".utf8).contains(line[start - 1]) { return nil }
        var end = start + 1
        var number = 0
        while end < line.count, isDigit(line[end]) {
            number = number * 10 + Int(line[end] - UInt8(ascii: "0"))
            end += 1
            guard end - start <= 3 else { return nil }
        }
        guard end > start + 1, end == line.count || !isWord(line[end]) else { return nil }
        return (RuleCode(letter: line[start], number: number), end)
    }

    /// The codes from one to another of the same letter; nil where there is no such range.
    static func range(from first: RuleCode, to last: RuleCode) -> [RuleCode]? {
        guard first.letter == last.letter, first.number < last.number else { return nil }
        return (first.number...last.number).map { RuleCode(letter: first.letter, number: $0) }
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

    private static func isWord(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "_"): true
        default: isDigit(byte)
        }
    }
}
