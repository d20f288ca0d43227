/// Writes a server's unmasked frames (RFC 6455 section 5.2).
enum ServerFrames {
    /// The frames a server sends.
    enum Opcode: UInt8 {
        case text = 1
        case close = 8
        case pong = 10
    }

    /// Appends a frame's header for a payload of so many bytes, with FIN.
    static func appendHeader(_ opcode: Opcode, payload: Int, to output: inout [UInt8]) {
        output.append(0x80 | opcode.rawValue)
        switch payload {
        case 0...125:
            output.append(UInt8(payload))
        case 126...0xFFFF:
            output.append(126)
            output.append(UInt8(payload >> 8))
            output.append(UInt8(payload & 0xFF))
        default:
            output.append(127)
            for shift in stride(from: 56, through: 0, by: -8) {
                output.append(UInt8(truncatingIfNeeded: payload >> shift))
            }
        }
    }

    /// Appends a whole frame.
    static func append(_ opcode: Opcode, _ payload: some Collection<UInt8>, to output: inout [UInt8]) {
        appendHeader(opcode, payload: payload.count, to: &output)
        output += payload
    }
}
