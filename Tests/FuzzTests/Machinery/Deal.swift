import TestSupport

/// Cuts bytes into pieces, at places that the bytes themselves decide.
struct Deal: Sequence, IteratorProtocol {
    private var rest: ArraySlice<UInt8>
    private var random: SplitMix

    init(_ bytes: [UInt8]) {
        rest = bytes[...]
        random = SplitMix(seed: bytes.reduce(UInt64(bytes.count)) { $0 &* 31 &+ UInt64($1) })
    }

    mutating func next() -> [UInt8]? {
        guard !rest.isEmpty else { return nil }
        let piece = Array(rest.prefix(1 + random.below(1 << random.below(7))))
        rest = rest.dropFirst(piece.count)
        return piece
    }
}
