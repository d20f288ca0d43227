/// The rules that a line of a source cites.
struct RuleCitations: Equatable {
    /// In round brackets.
    private(set) var cited: [RuleCode] = []
    /// At the beginning of a test's name.
    private(set) var tested: [RuleCode] = []
    /// In no form that citations have.
    private(set) var stray: [RuleCode] = []

    private static let testName = Array("func `".utf8)
    private static let comma = Array(", ".utf8)
    private static let to = Array(" to ".utf8)

    init(in line: some StringProtocol) {
        let line = Array(line.utf8)
        var index = 0
        while index < line.count {
            if line[index] == UInt8(ascii: "("), let (codes, end) = Self.list(in: line, at: index) {
                cited += codes
                index = end
            } else if line[index] == UInt8(ascii: "f"), Self.stands(Self.testName, in: line, at: index) {
                index += Self.testName.count
                while index < line.count, let (code, end) = RuleCode.read(line, at: index),
                    end < line.count, line[end] == UInt8(ascii: " ")
                {
                    tested.append(code)
                    index = end + 1
                }
            } else if let (code, end) = RuleCode.read(line, at: index) {
                stray.append(code)
                index = end
            } else {
                index += 1
            }
        }
    }

    /// All codes of the line, in whatever form.
    var all: [RuleCode] { cited + tested + stray }

    /// A list in round brackets with nothing but codes and ranges of codes.
    private static func list(in line: [UInt8], at start: Int) -> (codes: [RuleCode], end: Int)? {
        var codes: [RuleCode] = []
        var index = start + 1
        while index < line.count, let (code, end) = RuleCode.read(line, at: index) {
            index = end
            codes.append(code)
            if stands(to, in: line, at: index) {
                index += to.count
                guard index < line.count, let (last, end) = RuleCode.read(line, at: index),
                    let range = RuleCode.range(from: code, to: last)
                else { return nil }
                codes += range.dropFirst()
                index = end
            }
            guard index < line.count else { return nil }
            if line[index] == UInt8(ascii: ")") { return (codes, index + 1) }
            guard stands(comma, in: line, at: index) else { return nil }
            index += comma.count
        }
        return nil
    }

    private static func stands(_ word: [UInt8], in line: [UInt8], at start: Int) -> Bool {
        line[start...].starts(with: word)
    }
}
