/// The `Sec-WebSocket-Accept` of servers that tests play (RFC 6455, section 4.2.2).
package enum AcceptKey {
    /// The answer to a handshake's key.
    package static func value(for key: String) -> String {
        base64(SHA1.digest(of: Array((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").utf8)))
    }

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
