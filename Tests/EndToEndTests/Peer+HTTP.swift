/// The answer to a plain request.
struct HTTPAnswer {
    let status: Int
    let head: String
    let body: String
}

extension Peer {
    /// Asks on this connection, which may be used again.
    func get(_ path: String, headers: String = "") async throws -> HTTPAnswer {
        try await ask("GET", path, headers)
    }

    /// Posts a body on this connection.
    func post(_ path: String, _ body: String, headers: String = "") async throws -> HTTPAnswer {
        try await ask("POST", path, "Content-Length: \(body.utf8.count)\r\n\(headers)", body)
    }

    /// Sends any request on this connection.
    func ask(_ method: String, _ path: String, _ headers: String, _ body: String = "") async throws -> HTTPAnswer {
        send(raw: Array("\(method) \(path) HTTP/1.1\r\nHost: localhost\r\n\(headers)\r\n\(body)".utf8))
        return try await answer()
    }

    /// Asks for an upgrade; the status is 101 when it is granted.
    func upgrade(_ path: String, subprotocols: String? = nil, headers: String = "") async throws -> HTTPAnswer {
        let offer = subprotocols.map { "Sec-WebSocket-Protocol: \($0)\r\n" } ?? ""
        send(
            raw: Array(
                """
                GET \(path) HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
                Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\(offer)\(headers)\r\n
                """.utf8
            )
        )
        return try await answer()
    }

    private func answer() async throws -> HTTPAnswer {
        let head = try await head()
        guard let status = Int(head.split(separator: " ").dropFirst().first ?? "") else {
            throw Failure(description: "no HTTP: \(head)")
        }
        let size = head.lowercased().number(after: "content-length: ") ?? 0
        return HTTPAnswer(status: status, head: head, body: try await body(Int(size)))
    }
}

extension String {
    /// The number that follows the first occurrence of a text.
    func number(after mark: String) -> UInt64? {
        let (text, mark) = (Array(utf8), Array(mark.utf8))
        guard text.count >= mark.count,
            let place = (0...(text.count - mark.count)).first(where: { text[$0...].starts(with: mark) })
        else { return nil }
        let digits = text[(place + mark.count)...].prefix { (0x30...0x39).contains($0) }
        return UInt64(String(decoding: digits, as: UTF8.self))
    }
}
