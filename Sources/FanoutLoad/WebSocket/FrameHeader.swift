/// The header of a server's frame (RFC 6455 section 5.2), without a mask.
struct FrameHeader {
    /// Whether the frame ends its message.
    private(set) var isFinal = true
    /// One of 0, 1, 2, 8, 9, 10.
    private(set) var opcode: UInt8 = 1
    /// The payload's length in bytes, below 2^63.
    private(set) var length: UInt64 = 0

    /// Whether the frame is a close, ping or pong.
    var isControl: Bool { opcode >= 8 }

    /// The kind of the opcode; a continuation has the kind of its message.
    var kind: Frame.Kind {
        switch opcode {
        case 8: .close
        case 9: .ping
        case 10: .pong
        case 2: .binary
        default: .text
        }
    }

    init() {}

    /// Decodes and checks a complete header.
    init(_ bytes: InlineArray<10, UInt8>) throws(FrameViolation) {
        guard bytes[0] & 0x70 == 0 else { throw .reservedBits }
        guard bytes[1] & 0x80 == 0 else { throw .masked }
        isFinal = bytes[0] & 0x80 != 0
        opcode = bytes[0] & 0x0F
        guard opcode <= 2 || (8...10).contains(opcode) else { throw .unknownOpcode }
        switch bytes[1] & 0x7F {
        case 126:
            length = Self.bigEndian(bytes, count: 2)
            guard length > 125 else { throw .badLength }
        case 127:
            length = Self.bigEndian(bytes, count: 8)
            guard length > 0xFFFF, length < 1 << 63 else { throw .badLength }
        case let short:
            length = UInt64(short)
        }
        guard !isControl || (isFinal && length <= 125) else { throw .badControl }
    }

    /// The header's size in bytes, as far as the first `collected` bytes tell.
    static func size(_ bytes: InlineArray<10, UInt8>, collected: Int) -> Int {
        guard collected >= 2 else { return 2 }
        return switch bytes[1] & 0x7F {
        case 126: 4
        case 127: 10
        default: 2
        }
    }

    private static func bigEndian(_ bytes: InlineArray<10, UInt8>, count: Int) -> UInt64 {
        var value: UInt64 = 0
        for index in 2..<2 + count { value = value << 8 | UInt64(bytes[index]) }
        return value
    }
}
