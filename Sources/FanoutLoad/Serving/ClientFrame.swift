/// The header of a client's masked frame (RFC 6455 section 5.2), and the place of its payload.
struct ClientFrame: Equatable {
    let opcode: UInt8
    /// The payload's offsets, limited to what fits an Int.
    let payload: Range<Int>
    /// Whether it is final (FIN), masked, without reserved bits, and at most 125 bytes long if it is a control frame.
    let isValid: Bool
    private let mask: Int

    /// Where the frame ends.
    var end: Int { payload.upperBound }

    /// The frame at the start of `bytes`; nil if its header isn't complete.
    init?(_ bytes: [UInt8]) {
        guard bytes.count >= 2 else { return nil }
        opcode = bytes[0] & 0x0F
        let short = Int(bytes[1] & 0x7F)
        let extra = short == 126 ? 2 : short == 127 ? 8 : 0
        guard bytes.count >= 2 + extra + 4 else { return nil }
        var length = UInt64(extra == 0 ? short : 0)
        for index in 2..<2 + extra { length = length << 8 | UInt64(bytes[index]) }
        mask = 2 + extra
        let start = mask + 4
        // Longer frames are refused anyway.
        payload = start..<start + Int(min(length, 1 << 40))
        isValid = bytes[0] & 0xF0 == 0x80 && bytes[1] & 0x80 != 0 && (opcode < 8 || length <= 125)
    }

    /// The unmasked payload; `bytes` must contain the whole frame.
    func unmask(_ bytes: [UInt8]) -> [UInt8] {
        payload.map { bytes[$0] ^ bytes[mask + ($0 - payload.lowerBound) % 4] }
    }
}
