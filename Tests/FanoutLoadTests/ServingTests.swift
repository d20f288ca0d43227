import Testing

@testable import FanoutLoad

@Suite struct ServingTests {
    static func open(_ offered: String? = "graphql-transport-ws") -> (
        served: ServedSocket, request: ServerHandshake.Request?
    ) {
        var served = ServedSocket(Socket(descriptor: -1))
        let handshake = Handshake(key: HandshakeTests.key, subprotocol: offered)
        let request = handshake.request(host: "a", target: "/x?y", headers: [])
        var opened: ServerHandshake.Request?
        for byte in request {
            for case .opened(let request) in served.receive([byte].span) { opened = request }
        }
        return (served, opened)
    }

    @Test func `a handshake is taken byte by byte and answered so that our own client accepts it`() throws {
        var (served, request) = Self.open()
        let opened = try #require(request)
        #expect(opened.target == "/x?y")
        #expect(opened.subprotocols == ["graphql-transport-ws"])
        served.accept(opened, subprotocol: opened.subprotocols.first)
        let handshake = Handshake(key: HandshakeTests.key, subprotocol: "graphql-transport-ws")
        #expect(handshake.judge(served.output) == .accepted)
    }

    @Test(arguments: [
        "GET / HTTP/1.1\r\nHost: a\r\n\r\n", "POST / HTTP/1.1\r\n\r\n", "\r\n\r\n",
        String(repeating: "a", count: 2 * Handshake.maximumHead),
    ])
    func `what opens no WebSocket ends the connection`(text: String) {
        var served = ServedSocket(Socket(descriptor: -1))
        #expect(served.receive(Array(text.utf8).span) == [.gone])
        #expect(served.isGone)
    }

    static func masked(_ opcode: FrameWriter.Opcode, _ text: String) -> [UInt8] {
        var output: [UInt8] = []
        var writer = FrameWriter(seed: 7)
        writer.append(opcode, Array(text.utf8).span, to: &output)
        return output
    }

    @Test(arguments: [1, 3, 1000])
    func `masked frames of every kind are read`(size: Int) throws {
        var (served, request) = Self.open()
        served.accept(try #require(request), subprotocol: nil)
        served.output = []
        let long = String(repeating: "z", count: 300)
        let bytes =
            Self.masked(.text, "hello") + Self.masked(.ping, "p") + Self.masked(.pong, "17") + Self.masked(.text, long)
        var messages: [ServedSocket.Message] = []
        for start in stride(from: 0, to: bytes.count, by: size) {
            messages += served.receive(Array(bytes[start..<min(start + size, bytes.count)]).span)
        }
        #expect(messages == [.text(Array("hello".utf8)), .pong(Array("17".utf8)), .text(Array(long.utf8))])
        #expect(served.output == [0x8A, 1, UInt8(ascii: "p")])
        let last = served.receive(Self.masked(.close, "\u{3}").span)
        #expect(last == [.gone])
    }

    @Test(
        arguments: [
            [0x81, 0x00, 0, 0, 0, 0], [0xC1, 0x80, 0, 0, 0, 0], [0x01, 0x80, 0, 0, 0, 0], [0x83, 0x80, 0, 0, 0, 0],
            [0x81, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 0, 0],
            [0x89, 0xFE, 0, 200, 0, 0, 0, 0],
        ] as [[UInt8]]
    )
    func `a broken frame ends the connection`(bytes: [UInt8]) throws {
        var (served, request) = Self.open()
        served.accept(try #require(request), subprotocol: nil)
        #expect(served.receive(bytes.span) == [.gone])
    }

    @Test func `the upstream acknowledges, takes operations and sends each its events`() throws {
        var link = UpstreamLink(Socket(descriptor: -1))
        link.receive(
            Handshake(key: HandshakeTests.key, subprotocol: "graphql-transport-ws").request(
                host: "a",
                target: "/",
                headers: []
            ).span
        )
        #expect(link.served.isOpen)
        link.served.output = []
        link.receive(Self.masked(.text, #"{"type":"connection_init"}"#).span)
        link.receive(Self.masked(.text, #"{"type":"ping"}"#).span)
        #expect(!link.isSubscribed)
        link.receive(
            Self.masked(.text, #"{"id":"a","type":"subscribe","payload":{"query":"subscription{tick}"}}"#).span
        )
        #expect(link.isSubscribed)
        link.send(Array("{}".utf8))
        let frames = FrameParserTests.parse(link.served.output, chunk: 1000).frames.map {
            String(decoding: $0.payload, as: UTF8.self)
        }
        #expect(
            frames == [#"{"type":"connection_ack"}"#, #"{"type":"pong"}"#, #"{"id":"a","type":"next","payload":{}}"#]
        )
        link.receive(Self.masked(.text, #"{"id":"a","type":"complete"}"#).span)
        #expect(!link.isSubscribed)
    }

    @Test func `who subscribes before the ack is sent away`() {
        var link = UpstreamLink(Socket(descriptor: -1))
        link.receive(
            Handshake(key: HandshakeTests.key, subprotocol: "graphql-transport-ws").request(
                host: "a",
                target: "/",
                headers: []
            ).span
        )
        link.receive(Self.masked(.text, #"{"id":"a","type":"subscribe"}"#).span)
        #expect(link.served.isGone)
    }

    @Test(arguments: [
        ("127.0.0.2-127.0.0.20", 19), ("127.0.0.1", 1), ("10.0.0.250-10.0.1.5", 12),
    ])
    func `ranges of addresses`(text: String, count: Int) {
        #expect(AddressRange(text)?.addresses.count == count)
    }

    @Test(arguments: ["shard-0", "shard-12", "uv:3", "7"])
    func `threads are grouped by name`(name: String) {
        #expect(ServerProbe.family(name) == ["shard-0": "shard", "shard-12": "shard", "uv:3": "uv", "7": "7"][name])
    }

    @Test(arguments: [
        ("127.0.0.1:80", true), ("80", true), ("[::1]:0", true), ("localhost:9", true), ("127.0.0.1", false),
        ("::1:80", false),
        ("127.0.0.1:", false), ("127.0.0.1:+5", false), ("127.0.0.1:65536", false), ("example.org:1", false),
    ])
    func `addresses to listen on`(text: String, isGood: Bool) {
        #expect((BindAddress(text) != nil) == isGood)
    }
}
