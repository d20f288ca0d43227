/// Writes masked client frames (RFC 6455 section 5.3).
///
/// Masks come from a simple generator. They protect proxies against scripts in browsers, and a load test has neither.
struct FrameWriter {
    /// The frames a client sends.
    enum Opcode: UInt8 {
        case text = 1
        case close = 8
        case ping = 9
        case pong = 10
    }

    private var random: UInt32

    /// A writer whose masks depend on `seed`.
    init(seed: UInt32) {
        random = seed | 1
    }

    /// Appends one frame with FIN and the payload masked to `output`.
    mutating func append(_ opcode: Opcode, _ payload: Span<UInt8>, to output: inout [UInt8]) {
        output.append(0x80 | opcode.rawValue)
        switch payload.count {
        case 0...125:
            output.append(0x80 | UInt8(payload.count))
        case 126...0xFFFF:
            output.append(0x80 | 126)
            appendBigEndian(UInt64(payload.count), bytes: 2, to: &output)
        default:
            output.append(0x80 | 127)
            appendBigEndian(UInt64(payload.count), bytes: 8, to: &output)
        }
        let mask = nextMask()
        appendBigEndian(UInt64(mask), bytes: 4, to: &output)
        for index in payload.indices {
            output.append(payload[index] ^ UInt8(truncatingIfNeeded: mask >> UInt32(24 - 8 * (index & 3))))
        }
    }

    private mutating func nextMask() -> UInt32 {
        random ^= random << 13
        random ^= random >> 17
        random ^= random << 5
        return random
    }

    private func appendBigEndian(_ value: UInt64, bytes: Int, to output: inout [UInt8]) {
        for index in (0..<bytes).reversed() {
            output.append(UInt8(truncatingIfNeeded: value >> UInt64(8 * index)))
        }
    }
}
