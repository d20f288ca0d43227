import TestSupport

/// Makes an input out of others.
struct Mutator {
    /// Longest input that it makes, in bytes.
    static let limit = 1 << 15
    /// Bytes at which readers decide something, and lengths that are at a limit.
    private static let edges: [UInt8] = [
        0, 1, 9, 10, 13, 0x20, 0x22, 0x2C, 0x3A, 0x5C, 0x7B, 0x7D, 0x7E, 0x7F, 0x80, 0x81, 0x88, 0x89, 0xC0, 0xE0, 0xED,
        0xF0, 0xF4, 0xFE, 0xFF,
    ]

    private var random: SplitMix
    private let words: [[UInt8]]
    private let largest: Int

    init(seed: UInt64, words: [String], largest: Int = Mutator.limit) {
        random = SplitMix(seed: seed)
        self.largest = largest
        self.words = words.map { Array($0.utf8) }
    }

    /// Picks one of so many.
    mutating func choose(_ count: Int) -> Int { random.below(count) }

    /// An input that differs from `input` in a few places; `other` is one to take pieces of.
    mutating func mutate(_ input: [UInt8], with other: [UInt8]) -> [UInt8] {
        var bytes = input
        for _ in 0...random.below(4) { change(&bytes, other) }
        if bytes.count > largest { bytes.removeLast(bytes.count - largest) }
        return bytes
    }

    private mutating func change(_ bytes: inout [UInt8], _ other: [UInt8]) {
        let place = random.below(bytes.count + 1)
        switch random.below(11) {
        case 0 where place < bytes.count: bytes[place] ^= 1 << UInt8(random.below(8))
        case 1 where place < bytes.count: bytes[place] = UInt8(truncatingIfNeeded: random.next())
        case 2 where place < bytes.count: bytes[place] = edge()
        case 3: bytes.insert(edge(), at: place)
        case 4: bytes.removeSubrange(place..<min(bytes.count, place + 1 + random.below(4)))
        case 5: bytes.removeSubrange(piece(of: bytes, at: place))
        case 6 where !words.isEmpty: bytes.insert(contentsOf: words[random.below(words.count)], at: place)
        case 7: bytes.insert(contentsOf: bytes[piece(of: bytes, at: place)], at: random.below(bytes.count + 1))
        case 8 where !other.isEmpty:
            bytes.insert(contentsOf: other[piece(of: other, at: random.below(other.count))], at: place)
        case 9 where !other.isEmpty: bytes = Array(bytes[..<place] + other[random.below(other.count)...])
        case 10: nest(&bytes, at: place)
        default: bytes.append(edge())
        }
    }

    /// Repeats a piece, as for limits of depth, length and count.
    private mutating func nest(_ bytes: inout [UInt8], at place: Int) {
        let repeated = Array(bytes[piece(of: bytes, at: place)].prefix(16))
        guard !repeated.isEmpty else { return }
        let times = min(1 << random.below(11), (largest - min(largest, bytes.count)) / repeated.count)
        bytes.insert(contentsOf: (0..<times).flatMap { _ in repeated }, at: place)
    }

    private mutating func edge() -> UInt8 { Self.edges[random.below(Self.edges.count)] }

    private mutating func piece(of bytes: [UInt8], at place: Int) -> Range<Int> {
        place..<min(bytes.count, place + 1 + random.below(1 << random.below(8)))
    }
}
