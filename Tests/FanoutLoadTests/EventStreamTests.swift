import TestSupport
import Testing

@testable import FanoutLoad

@Suite struct EventStreamTests {
    struct Seen: Equatable {
        var name: String
        var data: String
        var id: String
    }

    static func parse(_ bytes: [UInt8], isChunked: Bool, chunk size: Int) -> (
        events: [Seen], last: EventStreamParser.Step
    ) {
        var parser = EventStreamParser(isChunked: isChunked)
        var events: [Seen] = []
        for start in stride(from: 0, to: bytes.count, by: size) {
            let part = Array(bytes[start..<min(start + size, bytes.count)])
            var position = 0
            stepping: while true {
                switch parser.step(in: part.span, at: &position) {
                case .needsMore: break stepping
                case .event:
                    var event = parser.takeEvent()
                    let texts = [event.name, event.data, event.id].map { String(decoding: $0, as: UTF8.self) }
                    events.append(Seen(name: texts[0], data: texts[1], id: texts[2]))
                    parser.reuse(&event)
                case .end: return (events, .end)
                case .malformed: return (events, .malformed)
                }
            }
        }
        return (events, .needsMore)
    }

    static let body =
        ": hello\n\nid: e:1\ndata: {\"n\":1}\n\r\nevent: gap\r\ndata:a\r\ndata: b\r\n\r\nid: x\n\ndata\n\nevent: z\ndata: 1\n\ndata: cut"
    static let seen = [
        Seen(name: "", data: "{\"n\":1}", id: "e:1"), Seen(name: "gap", data: "a\nb", id: ""),
        Seen(name: "", data: "", id: ""), Seen(name: "z", data: "1", id: ""),
    ]

    @Test(arguments: [1, 2, 3, 7, 1000])
    func `events survive any split, in a plain body`(size: Int) {
        let (events, last) = Self.parse(Array(Self.body.utf8), isChunked: false, chunk: size)
        #expect(events == Self.seen)
        #expect(last == .needsMore)
    }

    @Test(arguments: [(1, 1), (5, 3), (16, 1000), (1000, 1), (1000, 1000)])
    func `events survive any split, in chunks`(transfer: Int, read: Int) {
        let body = Array(Self.body.utf8)
        var bytes: [UInt8] = []
        for start in stride(from: 0, to: body.count, by: transfer) {
            let part = body[start..<min(start + transfer, body.count)]
            bytes += "\(String(part.count, radix: 16))\(start == 0 ? ";a=b" : "")\r\n".utf8
            bytes += part
            bytes += "\r\n".utf8
        }
        bytes += "0\r\n\r\n".utf8
        let (events, last) = Self.parse(bytes, isChunked: true, chunk: read)
        #expect(events == Self.seen)
        #expect(last == .end)
    }

    @Test(arguments: ["x\r\n", "\r\n", "5\r\nabcdefg", "fffffffffffffffffff\r\n"])
    func `broken chunks are called so`(text: String) {
        #expect(Self.parse(Array(text.utf8), isChunked: true, chunk: 1).last == .malformed)
    }

    @Test func `a line without end keeps its window only`() {
        let long = [UInt8](repeating: UInt8(ascii: "x"), count: 3 * EventStreamParser.window)
        let (events, _) = Self.parse(Array("data: ".utf8) + long + Array("\n\n".utf8), isChunked: false, chunk: 999)
        #expect(events.first?.data.utf8.count ?? 0 <= EventStreamParser.window)
        #expect(events.count == 1)
    }

    @Test func `random bytes never trap`() {
        var generator = SplitMix(seed: 5)
        let alphabet = Array("0aF\r\n:; dataidevent".utf8)
        for _ in 0..<3000 {
            let bytes = (0..<60).map { _ in alphabet[Int.random(in: 0..<alphabet.count, using: &generator)] }
            _ = Self.parse(bytes, isChunked: true, chunk: 7)
            _ = Self.parse(bytes, isChunked: false, chunk: 7)
        }
    }

    static func client(_ head: String, _ body: String) throws -> LoadClient {
        let script = ClientScript(try .sample(.sse))
        var client = LoadClient(index: 1)
        client.connectBegan()
        client.connected(script)
        #expect(String(decoding: client.output, as: UTF8.self).hasPrefix("GET /topics/tick HTTP/1.1\r\n"))
        client.receive(Array((head + "\r\n\r\n" + body).utf8).span, script: script)
        return client
    }

    static let accepted = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8"

    @Test func `a client counts events by their id, gaps and restarts`() throws {
        let client = try Self.client(
            Self.accepted,
            "id: a:1\ndata: {}\n\nid: a:3\ndata: {}\n\nevent: gap\ndata: {}\n\nid: a:7\ndata: {}\n\nid: b:1\ndata: {}\n\n"
                + "data: {\"n\":2}\n\nid: none\ndata: {}\n\n"
        )
        #expect(client.phase == .subscribed)
        #expect(client.counts.deliveries == 6)
        #expect(client.counts.unnumbered == 1)
        #expect(client.tracker.counts == SequenceTracker.Counts(lost: 1, gaps: 1, skipped: 3, restarts: 1))
    }

    @Test(arguments: [
        ("HTTP/1.1 404 Not Found", Handshake.Refusal.status(404)), ("HTTP/1.1 200 OK", .notEventStream("")),
        ("HTTP/1.1 200 OK\r\nContent-Type: text/html", .notEventStream("text/html")), ("nonsense", .notHTTP),
    ])
    func `what is no stream is refused by name`(head: String, refusal: Handshake.Refusal) throws {
        #expect(try Self.client(head, "").phase == .ended(.refused(.handshake(refusal))))
    }

    @Test func `leaving a stream sends nothing`() throws {
        var client = try Self.client(Self.accepted, "")
        let before = client.output
        client.leave()
        #expect(client.output == before)
        #expect(client.phase == .ended(.left))
    }
}
