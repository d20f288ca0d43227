/// The head of a WebSocket frame (RFC 6455, section 5.2).
package struct FrameHead: Equatable, Sendable {
    /// What a frame carries.
    package enum Opcode: UInt8, Sendable {
        case text = 0x1
        case binary = 0x2
        case close = 0x8
        case ping = 0x9
        case pong = 0xA
    }

    /// The longest head of an unmasked frame, in bytes.
    package static let maximumUnmaskedSize = 10

    /// How many bytes the head of an unmasked frame takes.
    package static func size(payload: Int) -> Int {
        payload < 126 ? 2 : payload <= 0xFFFF ? 4 : 10
    }

    /// Appends the head of a final, unmasked frame.
    package static func append(_ opcode: Opcode, payload: Int, to bytes: inout [UInt8]) {
        append(opcode, payload: payload, maskBit: 0, to: &bytes)
    }

    /// A whole frame; with a key it is masked, as a client's must be (section 5.3).
    package static func frame(_ opcode: Opcode, _ payload: [UInt8], mask: UInt32? = nil) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(payload.count + 14)
        append(opcode, payload: payload.count, maskBit: mask == nil ? 0 : 0x80, to: &bytes)
        guard let mask else {
            bytes.append(contentsOf: payload)
            return bytes
        }
        let key = (UInt8(mask >> 24), UInt8(mask >> 16 & 0xFF), UInt8(mask >> 8 & 0xFF), UInt8(mask & 0xFF))
        bytes.append(contentsOf: [key.0, key.1, key.2, key.3])
        for (index, byte) in payload.enumerated() {
            let part =
                switch index & 3 {
                case 0: key.0
                case 1: key.1
                case 2: key.2
                default: key.3
                }
            bytes.append(byte ^ part)
        }
        return bytes
    }

    /// A whole close frame with as much of the reason as fits.
    package static func closeFrame(_ code: UInt16, _ reason: String, mask: UInt32? = nil) -> [UInt8] {
        frame(.close, CloseFrame.payload(code, reason), mask: mask)
    }

    private static func append(_ opcode: Opcode, payload: Int, maskBit: UInt8, to bytes: inout [UInt8]) {
        bytes.append(0x80 | opcode.rawValue)
        switch payload {
        case ..<126:
            bytes.append(maskBit | UInt8(payload))
        case ...0xFFFF:
            bytes.append(maskBit | 126)
            bytes.append(UInt8(payload >> 8))
            bytes.append(UInt8(payload & 0xFF))
        default:
            bytes.append(maskBit | 127)
            for shift in stride(from: 56, through: 0, by: -8) { bytes.append(UInt8(payload >> shift & 0xFF)) }
        }
    }
}
