/// The head of a request or an answer, split into lines.
struct HTTPHead {
    /// The first line.
    let start: String
    private let fields: [(name: String, value: String)]

    /// Splits a head, from its first line to the empty line.
    init(_ head: [UInt8]) {
        let lines = head.split(separator: UInt8(ascii: "\n")).map { line in
            String(decoding: line.last == UInt8(ascii: "\r") ? line.dropLast() : line, as: UTF8.self)
        }
        start = lines.first ?? ""
        fields = lines.dropFirst().compactMap(Self.field)
    }

    /// The status of an HTTP/1.1 answer; nil if it isn't one.
    var status: Int? {
        let words = start.split(separator: " ", maxSplits: 2)
        guard words.count >= 2, words[0] == "HTTP/1.1", words[1].utf8.count == 3 else { return nil }
        return Int(words[1])
    }

    /// The target of an HTTP/1.1 GET request; nil if it isn't one.
    var target: String? {
        let words = start.split(separator: " ", omittingEmptySubsequences: false)
        guard words.count == 3, words[0] == "GET", words[2] == "HTTP/1.1", words[1].hasPrefix("/") else { return nil }
        return String(words[1])
    }

    /// The values of a field in order; its name is given in lower case.
    func values(_ name: String) -> [String] {
        fields.filter { $0.name == name }.map(\.value)
    }

    /// The elements of a list field in order; its name is given in lower case.
    func list(_ name: String) -> [String] {
        values(name).flatMap { $0.split(separator: ",").map(Self.trim) }
    }

    private static func field(_ line: String) -> (name: String, value: String)? {
        guard let colon = line.firstIndex(of: ":") else { return nil }
        return (line[..<colon].lowercased(), trim(line[line.index(after: colon)...]))
    }

    private static func trim(_ text: Substring) -> String {
        let isSpace = { (character: Character) in character == " " || character == "\t" }
        var trimmed = text.drop(while: isSpace)
        while let last = trimmed.last, isSpace(last) { trimmed.removeLast() }
        return String(trimmed)
    }
}
