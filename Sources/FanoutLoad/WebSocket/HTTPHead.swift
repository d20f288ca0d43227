/// A request's or an answer's head, cut into its lines.
struct HTTPHead {
    /// The first line.
    let start: String
    private let fields: [(name: String, value: String)]

    /// Cuts a head, from its first line to the empty line.
    init(_ head: [UInt8]) {
        let lines = head.split(separator: UInt8(ascii: "\n")).map { line in
            String(decoding: line.last == UInt8(ascii: "\r") ? line.dropLast() : line, as: UTF8.self)
        }
        start = lines.first ?? ""
        fields = lines.dropFirst().compactMap(Self.field)
    }

    /// The status of an answer of HTTP/1.1, nil if it is none.
    var status: Int? {
        let words = start.split(separator: " ", maxSplits: 2)
        guard words.count >= 2, words[0] == "HTTP/1.1", words[1].utf8.count == 3 else { return nil }
        return Int(words[1])
    }

    /// The target of a GET request of HTTP/1.1, nil if it is none.
    var target: String? {
        let words = start.split(separator: " ", omittingEmptySubsequences: false)
        guard words.count == 3, words[0] == "GET", words[2] == "HTTP/1.1", words[1].hasPrefix("/") else { return nil }
        return String(words[1])
    }

    /// The values of a field whose name is given in lower case, in their order.
    func values(_ name: String) -> [String] {
        fields.filter { $0.name == name }.map(\.value)
    }

    /// The members of a field that is a list, in their order.
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
