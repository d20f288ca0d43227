/// One server-sent event, as it is on the wire.
struct ServerEvent: Equatable {
    var name = ""
    var id: String?
    var data: String?

    /// The resume token's number.
    var sequence: UInt64? { id.flatMap { $0.split(separator: ":").last }.flatMap { UInt64($0) } }
    var epoch: String { id.flatMap { $0.split(separator: ":").first }.map(String.init) ?? "" }
}

extension Peer {
    /// A reader of server-sent events; its greeting is not read yet.
    static func stream(
        _ stage: Stage,
        _ path: String = "/topics/m",
        headers: String = "",
        receiveBuffer: Int32? = nil
    ) async throws -> Peer {
        let peer = try stage.connect(receiveBuffer: receiveBuffer)
        let head = try await peer.openStream("GET", path, headers)
        guard head.hasPrefix("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n") else {
            throw Failure(description: "no stream: \(head)")
        }
        return peer
    }

    /// Asks for a stream; the answer's head.
    func openStream(_ method: String, _ path: String, _ headers: String = "", _ body: String = "") async throws
        -> String
    {
        let length = body.isEmpty ? "" : "Content-Length: \(body.utf8.count)\r\n"
        let accept = "Accept: text/event-stream\r\n"
        send(
            raw: Array("\(method) \(path) HTTP/1.1\r\nHost: localhost\r\n\(accept)\(length)\(headers)\r\n\(body)".utf8)
        )
        return try await head()
    }

    /// The next block of a stream, whatever it is; a comment has nothing.
    func block() async throws -> ServerEvent {
        var event = ServerEvent()
        for line in try await text(through: "\n\n").split(separator: "\n") {
            if line.hasPrefix("event: ") { event.name = String(line.dropFirst(7)) }
            if line.hasPrefix("id: ") { event.id = String(line.dropFirst(4)) }
            if line.hasPrefix("data:") {
                let value = line.dropFirst(line.hasPrefix("data: ") ? 6 : 5)
                event.data = event.data.map { $0 + "\n" + value } ?? String(value)
            }
        }
        return event
    }

    /// Returns when the relay has taken the reader in.
    func greeting() async throws { while try await block().name != "status" {} }

    /// The next event of a name, passing over states and what is no event.
    func event(_ name: String = "") async throws -> ServerEvent {
        while true {
            let event = try await block()
            if event.data == nil || (event.name == "status" && name != "status") { continue }
            guard event.name == name else { throw Failure(description: "no \(name): \(event)") }
            return event
        }
    }
}
