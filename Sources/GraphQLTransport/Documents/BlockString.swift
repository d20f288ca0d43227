/// The value of a block string, which doesn't change when the document around it is indented anew.
enum BlockString {
    /// The value of a block string's token with its six quotes, by `BlockStringValue` of the specification.
    static func value(of token: ArraySlice<UInt8>) -> String {
        let lines = lines(of: token.dropFirst(3).dropLast(3))
        let indents = lines.dropFirst().compactMap { line in
            line.firstIndex { !isBlank($0) }.map { $0 - line.startIndex }
        }
        let commonIndent = indents.min() ?? 0
        var dedented = lines.prefix(1) + lines.dropFirst().map { $0.dropFirst(commonIndent) }
        while let first = dedented.first, first.allSatisfy(isBlank) { dedented.removeFirst() }
        while let last = dedented.last, last.allSatisfy(isBlank) { dedented.removeLast() }
        return String(decoding: Array(dedented.joined(separator: [UInt8(ascii: "\n")])), as: UTF8.self)
    }

    /// Splits at every line terminator, and replaces the only escape, `\"""`.
    private static func lines(of raw: ArraySlice<UInt8>) -> ArraySlice<ArraySlice<UInt8>> {
        var lines: [ArraySlice<UInt8>] = []
        var line: ArraySlice<UInt8> = []
        var rest = raw
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "\\"), rest.starts(with: [0x22, 0x22, 0x22]) {
                line.append(contentsOf: [0x22, 0x22, 0x22])
                rest.removeFirst(3)
            } else if byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r") {
                if byte == UInt8(ascii: "\r"), rest.first == UInt8(ascii: "\n") { rest.removeFirst() }
                lines.append(line)
                line = []
            } else {
                line.append(byte)
            }
        }
        lines.append(line)
        return lines[...]
    }

    private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }
}
