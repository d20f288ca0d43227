internal import CLibwebsockets
internal import Wire

/// One handshake of a client (RFC 6455, section 4.1): what it asks, and what it takes for an answer.
///
/// A value without I/O.
struct ClientHandshake {
    /// What becomes of an answer.
    enum Verdict: Equatable {
        /// It is a WebSocket now.
        case upgraded(subprotocol: String?)
        /// More of the answer follows.
        case interim
        /// It is none; `flaw` says what is wrong with a 101.
        case refused(status: Int, retryAfter: String?, flaw: String?)
    }

    /// The largest request that is sent, in bytes: hardly a server takes more.
    static let maximumSize = 16384

    private let key: String
    private let offered: [String]

    /// The bytes to send.
    let request: [UInt8]

    /// Makes a handshake with a random key; nil when the machine has no chance to give.
    init?(_ target: WebSocketClient.Target) {
        let key = unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: 32) { text -> String? in
            guard unsafe clws_handshake_key(text.baseAddress) != 0 else { return nil }
            return unsafe text.baseAddress.map { unsafe String(cString: $0) }
        }
        guard let key else { return nil }
        self.init(target, key: key)
    }

    init(_ target: WebSocketClient.Target, key: String) {
        self.key = key
        offered = target.subprotocols
        var head = "GET \(target.path) HTTP/1.1\r\n"
        if !target.headers.contains(where: { $0.name.lowercased() == "host" }) {
            head += "Host: \(target.authority)\r\n"
        }
        head += "Pragma: no-cache\r\nCache-Control: no-cache\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        head += "Sec-WebSocket-Key: \(key)\r\n"
        if !offered.isEmpty { head += "Sec-WebSocket-Protocol: \(offered.joined(separator: ","))\r\n" }
        head += "Sec-WebSocket-Version: 13\r\n"
        for header in target.headers {
            head += header.line
            // A server on libwebsockets loses up to the next colon: that of a header that nobody needs.
            if SwallowedHeader(header.name) != nil, !header.value.contains(":") { head += "X-Spare: 1\r\n" }
        }
        request = Array("\(head)\r\n".utf8)
    }

    /// Judges a server's answer.
    func judge(_ head: ResponseHead) -> Verdict {
        guard head.status == 101 else {
            if (100..<200).contains(head.status) { return .interim }
            return .refused(status: head.status, retryAfter: head.value(of: "retry-after"), flaw: nil)
        }
        if let flaw = flaw(of: head) { return .refused(status: 101, retryAfter: nil, flaw: flaw) }
        return .upgraded(subprotocol: Self.subprotocol(of: head))
    }

    /// What of an upgrade isn't as it has to be, in words of ours.
    private func flaw(of head: ResponseHead) -> String? {
        guard head.list(of: "upgrade") == ["websocket"] else { return "its Upgrade header isn't websocket" }
        guard head.list(of: "connection").contains("upgrade") else { return "its Connection header isn't Upgrade" }
        guard let accepted = head.value(of: "sec-websocket-accept") else { return "it has no Sec-WebSocket-Accept" }
        guard accepted == Self.acceptKey(for: key) else { return "its Sec-WebSocket-Accept is wrong" }
        guard head.list(of: "sec-websocket-extensions").isEmpty else {
            return "it uses an extension that wasn't offered"
        }
        if let chosen = Self.subprotocol(of: head), !offered.contains(chosen) {
            return "it chose a subprotocol that wasn't offered"
        }
        return nil
    }

    private static func subprotocol(of head: ResponseHead) -> String? {
        let chosen = head.value(of: "sec-websocket-protocol") ?? ""
        return chosen.isEmpty ? nil : chosen
    }

    /// What a server answers to a key (section 4.2.2).
    static func acceptKey(for key: String) -> String {
        unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(clws_accept_key_size)) { answer in
            unsafe clws_accept_key(key, answer.baseAddress)
            return unsafe answer.baseAddress.map { unsafe String(cString: $0) } ?? ""
        }
    }
}
