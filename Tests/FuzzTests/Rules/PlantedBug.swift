/// Bugs of the kinds that readers have, in readers that are like ours and aren't: the runner has to find each.
enum PlantedBug: CaseIterable {
    /// A bracket too many is taken for an end.
    case unbalanced
    /// A length of 16 bits is read with its sign.
    case signedLength
    /// Bytes that come apart are read unlike bytes that come together.
    case cutApart
    /// Only two words in a row go wrong.
    case twoWords

    var corpus: [[UInt8]] {
        switch self {
        case .unbalanced: [Array("{\"a\":[1]}".utf8)]
        case .signedLength: [[0x82, 0x7E, 0, 3, 1, 2, 3], [0x82, 1, 0]]
        case .cutApart: [Array("one\r\ntwo\r\n".utf8)]
        case .twoWords: [Array("GET / HTTP/1.1".utf8)]
        }
    }

    /// As many bytes as the smallest input that shows it has, and a few.
    var largestCause: Int { self == .twoWords ? 12 : 8 }

    var target: FuzzTarget {
        switch self {
        case .unbalanced: Self.brackets(isSound: false)
        case .signedLength: FuzzTarget(name: "length", run: Self.readLength)
        case .cutApart: FuzzTarget(name: "lines", run: Self.readLines)
        case .twoWords: FuzzTarget(name: "words", words: ["open", "close"], run: Self.readWords)
        }
    }

    /// The same without its bug.
    static let sound = brackets(isSound: true)

    /// Whether an input is one that shows it.
    func isCause(_ input: [UInt8]) -> Bool {
        do throws(Violation) {
            _ = try target.run(input)
            return false
        } catch {
            return true
        }
    }

    private static func brackets(isSound: Bool) -> FuzzTarget {
        FuzzTarget(name: "brackets") { input throws(Violation) in
            var depth = 0
            for byte in input {
                if byte == UInt8(ascii: "[") || byte == UInt8(ascii: "{") { depth += 1 }
                if byte == UInt8(ascii: "]") || byte == UInt8(ascii: "}") {
                    if isSound, depth == 0 { return 0 }
                    depth -= 1
                }
            }
            try require(depth >= 0, "a depth below none")
            return UInt64(depth)
        }
    }

    @Sendable private static func readLength(_ input: [UInt8]) throws(Violation) -> UInt64 {
        guard input.count >= 4, input[0] == 0x82, input[1] == 0x7E else { return UInt64(min(2, input.count)) }
        let length = Int16(truncatingIfNeeded: Int(input[2]) << 8 | Int(input[3]))
        try require(length >= 0, "a negative length")
        return 3
    }

    @Sendable private static func readLines(_ input: [UInt8]) throws(Violation) -> UInt64 {
        func count(_ pieces: [[UInt8]]) -> Int {
            pieces.reduce(0) { sum, piece in sum + zip(piece, piece.dropFirst()).count { $0 == (13, 10) } }
        }
        let whole = count([input])
        try require(whole == count(Array(Deal(input))), "pieces have other lines")
        return UInt64(whole)
    }

    @Sendable private static func readWords(_ input: [UInt8]) throws(Violation) -> UInt64 {
        let text = String(decoding: input, as: UTF8.self)
        try require(!text.contains("openclose"), "two words in a row")
        return text.contains("open") ? 1 : text.contains("close") ? 2 : 0
    }
}
