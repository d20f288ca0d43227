/// The opening handshake on the client's side (RFC 6455 section 4.1): text in, text out.
struct Handshake: Equatable {
    /// The meaning of an answer's head.
    enum Outcome: Equatable {
        case accepted
        case refused(Refusal)
    }

    /// Why a server's answer doesn't open a connection.
    enum Refusal: Hashable, CustomStringConvertible {
        case notHTTP
        case status(Int)
        case notUpgraded
        case wrongAccept
        case wrongSubprotocol(String)
        case unexpectedExtension
        case headTooLong
        case notEventStream(String)

        var description: String {
            switch self {
            case .notHTTP: "an answer that is not HTTP"
            case .status(let status): "HTTP \(status)"
            case .notUpgraded: "HTTP 101 without the upgrade to websocket"
            case .wrongAccept: "a wrong Sec-WebSocket-Accept"
            case .wrongSubprotocol(let name): "the subprotocol \(name.isEmpty ? "none" : name)"
            case .unexpectedExtension: "an extension nobody asked for"
            case .notEventStream(let type): "the content type \(type.isEmpty ? "none" : type)"
            case .headTooLong: "a head over \(Handshake.maximumHead) bytes"
            }
        }
    }

    /// The most bytes accepted for an answer's head.
    static let maximumHead = 16384

    private static let suffix = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

    /// The value of `Sec-WebSocket-Key`: 16 bytes in base64.
    let key: String
    /// The subprotocol to offer, which the server must choose; nil offers none.
    let subprotocol: String?

    /// The `Sec-WebSocket-Accept` that belongs to `key`.
    static func accept(for key: String) -> String {
        Base64.encode(SHA1.digest(of: Array((key + suffix).utf8)))
    }

    /// The request's bytes; `headers` are whole lines without line ends.
    func request(host: String, target: String, headers: [String]) -> [UInt8] {
        var lines = [
            "GET \(target) HTTP/1.1", "Host: \(host)", "Upgrade: websocket", "Connection: Upgrade",
            "Sec-WebSocket-Key: \(key)", "Sec-WebSocket-Version: 13",
        ]
        if let subprotocol { lines.append("Sec-WebSocket-Protocol: \(subprotocol)") }
        return Array(((lines + headers).joined(separator: "\r\n") + "\r\n\r\n").utf8)
    }

    /// Judges an answer's head, from the status line to the empty line.
    func judge(_ head: [UInt8]) -> Outcome {
        let answer = HTTPHead(head)
        guard let status = answer.status else { return .refused(.notHTTP) }
        guard status == 101 else { return .refused(.status(status)) }
        let upgrades = answer.values("upgrade").contains { $0.lowercased() == "websocket" }
        let connections = answer.list("connection").map { $0.lowercased() }
        guard upgrades, connections.contains("upgrade") else { return .refused(.notUpgraded) }
        guard answer.values("sec-websocket-accept") == [Self.accept(for: key)] else { return .refused(.wrongAccept) }
        guard answer.values("sec-websocket-extensions").isEmpty else { return .refused(.unexpectedExtension) }
        let chosen = answer.values("sec-websocket-protocol")
        guard chosen == (subprotocol.map { [$0] } ?? []) else {
            return .refused(.wrongSubprotocol(chosen.joined(separator: ", ")))
        }
        return .accepted
    }
}
