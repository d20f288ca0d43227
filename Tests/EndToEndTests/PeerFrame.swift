/// What a server sends on a WebSocket.
enum PeerFrame: Equatable, CustomStringConvertible {
    case text(String)
    case ping([UInt8])
    case pong([UInt8])
    case close(UInt16?, String)
    /// Anything that this server must never send: fragments, masks, reserved bits, unknown opcodes, broken UTF-8.
    case violation(String)

    /// Takes a whole frame from the front of what arrived; nil while there is none.
    static func parse(_ bytes: inout ArraySlice<UInt8>) -> PeerFrame? {
        guard bytes.count >= 2 else { return nil }
        let first = bytes.startIndex
        var size = Int(bytes[first + 1] & 0x7F)
        var head = 2
        if size >= 126 {
            let extra = size == 126 ? 2 : 8
            guard bytes.count >= 2 + extra else { return nil }
            size = bytes[first + 2..<first + 2 + extra].reduce(0) { $0 << 8 | Int($1) }
            head += extra
        }
        let (opcode, isMasked) = (bytes[first], bytes[first + 1] & 0x80 != 0)
        guard !isMasked, [0x81, 0x88, 0x89, 0x8A].contains(opcode), size < 1 << 28 else {
            defer { bytes = [] }
            return .violation("a frame that begins with \(bytes.prefix(16))")
        }
        guard bytes.count >= head + size else { return nil }
        let payload = Array(bytes[first + head..<first + head + size])
        bytes = bytes.dropFirst(head + size)
        switch opcode {
        case 0x81: return String(validating: payload, as: UTF8.self).map { .text($0) } ?? .violation("no UTF-8")
        case 0x89: return .ping(payload)
        case 0x8A: return .pong(payload)
        default:
            guard payload.count >= 2 else { return .close(nil, "") }
            let code = UInt16(payload[0]) << 8 | UInt16(payload[1])
            return .close(code, String(decoding: payload.dropFirst(2), as: UTF8.self))
        }
    }

    /// A client's frame, masked as it must be.
    static func masked(_ opcode: UInt8, _ payload: [UInt8]) -> [UInt8] {
        var bytes = [0x80 | opcode]
        switch payload.count {
        case ..<126: bytes.append(0x80 | UInt8(payload.count))
        case ..<65536: bytes += [0xFE, UInt8(payload.count >> 8), UInt8(payload.count & 0xFF)]
        default: bytes += [0xFF] + (0..<8).map { UInt8(truncatingIfNeeded: payload.count >> (56 - 8 * $0)) }
        }
        let key: [UInt8] = [0xA1, 0x5E, 0x07, 0xC3]
        return bytes + key + payload.enumerated().map { $1 ^ key[$0 & 3] }
    }

    var description: String {
        switch self {
        case .text(let text): "text \(text.prefix(200))"
        case .ping(let payload): "ping \(payload)"
        case .pong(let payload): "pong \(payload)"
        case .close(let code, let reason): "close \(code.map { "\($0)" } ?? "without a code") \(reason)"
        case .violation(let what): "violation: \(what)"
        }
    }
}
