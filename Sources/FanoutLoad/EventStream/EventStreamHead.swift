/// The head of an answer that should be a stream of server-sent events.
enum EventStreamHead {
    /// The meaning of a head.
    enum Outcome: Equatable {
        case accepted(isChunked: Bool)
        case refused(Handshake.Refusal)
    }

    /// The request's bytes; `headers` are whole lines without line ends.
    static func request(host: String, target: String, headers: [String]) -> [UInt8] {
        let lines = ["GET \(target) HTTP/1.1", "Host: \(host)", "Accept: text/event-stream", "Cache-Control: no-store"]
        return Array(((lines + headers).joined(separator: "\r\n") + "\r\n\r\n").utf8)
    }

    /// Judges an answer's head, from the status line to the empty line.
    static func judge(_ head: [UInt8]) -> Outcome {
        let parsed = HTTPHead(head)
        guard let status = parsed.status else { return .refused(.notHTTP) }
        guard status == 200 else { return .refused(.status(status)) }
        let type = parsed.values("content-type").first?.lowercased() ?? ""
        guard type == "text/event-stream" || type.hasPrefix("text/event-stream;") else {
            return .refused(.notEventStream(type))
        }
        let encodings = parsed.values("transfer-encoding").map { $0.lowercased() }
        return .accepted(isChunked: encodings == ["chunked"])
    }
}
