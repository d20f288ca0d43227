/// Computes Sec-WebSocket-Accept (RFC 6455, section 4.2.2) for servers that tests play.
enum AcceptKey {
    static func value(for key: String) -> String {
        base64(sha1(Array((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").utf8)))
    }

    private static func sha1(_ message: [UInt8]) -> [UInt8] {
        var state: [UInt32] = [0x6745_2301, 0xEFCD_AB89, 0x98BA_DCFE, 0x1032_5476, 0xC3D2_E1F0]
        var bytes = message + [0x80]
        while bytes.count % 64 != 56 { bytes.append(0) }
        bytes += (0..<8).map { UInt8(UInt64(message.count * 8) >> (56 - 8 * UInt64($0)) & 0xFF) }
        for start in stride(from: 0, to: bytes.count, by: 64) {
            var words = (0..<16).map { word in
                (0..<4).reduce(UInt32(0)) { $0 << 8 | UInt32(bytes[start + word * 4 + $1]) }
            }
            for index in 16..<80 {
                words.append(
                    rotated(words[index - 3] ^ words[index - 8] ^ words[index - 14] ^ words[index - 16], by: 1)
                )
            }
            var (a, b, c, d, e) = (state[0], state[1], state[2], state[3], state[4])
            for index in 0..<80 {
                let (mixed, constant): (UInt32, UInt32) =
                    switch index {
                    case ..<20: (b & c | ~b & d, 0x5A82_7999)
                    case ..<40: (b ^ c ^ d, 0x6ED9_EBA1)
                    case ..<60: (b & c | b & d | c & d, 0x8F1B_BCDC)
                    default: (b ^ c ^ d, 0xCA62_C1D6)
                    }
                let next = rotated(a, by: 5) &+ mixed &+ e &+ constant &+ words[index]
                (a, b, c, d, e) = (next, a, rotated(b, by: 30), c, d)
            }
            state = zip(state, [a, b, c, d, e]).map { $0 &+ $1 }
        }
        return state.flatMap { word in (0..<4).map { UInt8(word >> (24 - 8 * UInt32($0)) & 0xFF) } }
    }

    private static func rotated(_ word: UInt32, by count: UInt32) -> UInt32 { word << count | word >> (32 - count) }

    private static func base64(_ bytes: [UInt8]) -> String {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
        var text = ""
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let group = (0..<3).reduce(0) { $0 << 8 | (start + $1 < bytes.count ? Int(bytes[start + $1]) : 0) }
            for position in 0..<4 {
                let isPadding = start + position > bytes.count
                text.append(isPadding ? "=" : alphabet[group >> (18 - 6 * position) & 63])
            }
        }
        return text
    }
}

extension RawPeer {
    /// Reads a client's handshake and answers it; returns the head that came.
    @discardableResult
    func acceptUpgrade(subprotocol: String? = nil, accept: String? = nil, followedBy frames: [UInt8] = []) throws
        -> String
    {
        let head = try receiveHead()
        let chosen = subprotocol.map { "Sec-WebSocket-Protocol: \($0)\r\n" } ?? ""
        let answer =
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            + "Sec-WebSocket-Accept: \(accept ?? AcceptKey.value(for: head.header("Sec-WebSocket-Key")))\r\n"
            + "\(chosen)\r\n"
        try send(Array(answer.utf8) + frames)
        return head
    }
}

extension String {
    /// A header's value in a head, empty when it isn't there.
    func header(_ name: String) -> String {
        let prefix = name.lowercased() + ":"
        let line = split(separator: "\r\n").first { $0.lowercased().hasPrefix(prefix) } ?? ""
        return String(line.dropFirst(prefix.count).drop { $0 == " " })
    }
}
