import Fanout

@testable import Wire

extension FuzzTarget {
    /// A request's head is the same however it comes, and its new text says what the old one did.
    static let head = FuzzTarget(
        name: "head",
        words: [
            "GET / HTTP/1.1\r\n", "POST ", "OPTIONS * ", "HTTP/1.0", "Host: a\r\n", "\r\n", "\n", "\r", "\t", " ", ":",
            "Content-Length: 1\r\n", "Transfer-Encoding: chunked\r\n", "Connection: Upgrade, close\r\n",
            "Upgrade: websocket\r\n", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n",
            "Sec-WebSocket-Version: 13\r\n",
            "X-Auth: b\r\n", "Origin: http://a\r\n", "http://a:80/b?c", "[::1]", "%00", "\u{0}", "\u{7F}", "é",
        ]
    ) { input throws(Violation) in
        let whole = HeadReading(of: [input])
        try require(whole == HeadReading(of: Array(Deal(input))), "pieces make another head")
        var way = Way()
        way.pass(kindOf: whole.outcome)
        guard let head = whole.head else { return way.value }
        way.pass(kindOf: head.method)
        way.pass(kindOf: head.targetForm)
        way.pass(UInt64(head.fields.count))
        try require(head.size <= RequestHead.maximumSize, "a head is too large")
        try require(head.fields.count <= RequestHead.maximumFieldCount, "a head has too many fields")
        let text = head.normalised()
        guard let again = HeadReading(of: [text]).head else { throw Violation("the new text is no head") }
        try require(again.method == head.method, "the new text has another method")
        // A query is encoded once more each time.
        let isEncoded = head.target.contains("?") && head.target.contains("%")
        try require(isEncoded || again.normalised() == text, "the new text of a new text differs")
        return way.value
    }

    /// What became of bytes.
    private struct HeadReading: Equatable {
        private(set) var head: RequestHead?
        private(set) var outcome = "incomplete"

        init(of pieces: [[UInt8]]) {
            var parser = RequestHeadParser()
            var bytes: [UInt8] = []
            for piece in pieces {
                bytes += piece
                do throws(RequestHeadError) {
                    guard let found = try parser.parse(bytes.span) else { continue }
                    head = found
                    outcome = "head"
                } catch {
                    outcome = String(describing: error)
                }
                return
            }
        }
    }
}
