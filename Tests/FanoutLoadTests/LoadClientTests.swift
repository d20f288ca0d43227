import Testing

@testable import FanoutLoad

@Suite struct LoadClientTests {
    /// A client past its handshake, its output taken away.
    static func open(_ clientProtocol: ClientProtocol) throws -> (client: LoadClient, script: ClientScript) {
        let script = ClientScript(try .sample(clientProtocol))
        var client = LoadClient(index: 1)
        client.connectBegan()
        client.connected(script)
        guard case .handshaking(let handshake) = client.phase else {
            Issue.record("no handshake")
            return (client, script)
        }
        var lines = [
            "HTTP/1.1 101 Ok", "Upgrade: websocket", "Connection: Upgrade",
            "Sec-WebSocket-Accept: \(Handshake.accept(for: handshake.key))",
        ]
        if let name = clientProtocol.subprotocol { lines.append("Sec-WebSocket-Protocol: \(name)") }
        client.output = []
        client.receive(Array((lines.joined(separator: "\r\n") + "\r\n\r\n").utf8).span, script: script)
        return (client, script)
    }

    static func text(_ text: String) -> [UInt8] { FrameParserTests.frame(0x81, Array(text.utf8)) }

    /// Takes the next masked frame out of what a client wants to send.
    static func take(_ output: inout [UInt8]) -> (opcode: UInt8, payload: String) {
        let length = Int(output[1] & 0x7F)
        let start = length == 126 ? 8 : 6
        let count = length == 126 ? Int(output[2]) << 8 | Int(output[3]) : length
        let mask = Array(output[start - 4..<start])
        let payload = output[start..<start + count].enumerated().map { $0.element ^ mask[$0.offset % 4] }
        let opcode = output[0] & 0x0F
        output.removeFirst(start + count)
        return (opcode, String(decoding: payload, as: UTF8.self))
    }

    @Test func `each connection shows its own token of the file`() throws {
        var plan = try LoadPlan.sample(.plain)
        plan.tokens = TokenList(Array("a.b\n\nc\n".utf8))
        let script = ClientScript(plan)
        let lines = (0...2).map { index in
            let request = String(decoding: script.request(script.handshake(), of: index), as: UTF8.self)
            return request.split(separator: "\r\n").first { $0.hasPrefix("Authorization: ") }
        }
        #expect(lines == ["Authorization: Bearer a.b", "Authorization: Bearer c", "Authorization: Bearer a.b"])
        #expect(TokenList(Array("a b\n".utf8)) == nil && TokenList(Array("\n\n".utf8)) == nil)
    }

    @Test func `the first event may come in the same read as the handshake's answer`() throws {
        let script = ClientScript(try .sample())
        var client = LoadClient(index: 1)
        client.connectBegan()
        client.connected(script)
        guard case .handshaking(let handshake) = client.phase else {
            Issue.record("no handshake")
            return
        }
        let head =
            "HTTP/1.1 101 Ok\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Protocol: fanout.v1.json\r\n"
            + "Sec-WebSocket-Accept: \(Handshake.accept(for: handshake.key))\r\n\r\n"
        let event = Self.text(#"{"type":"event","epoch":"e","sequence":5,"payload":{}}"#)
        client.receive((Array(head.utf8) + event).span, script: script)
        #expect(client.phase == .subscribed)
        #expect(client.counts.deliveries == 1)
    }

    @Test func `plain events, gaps and restarts are counted`() throws {
        var (client, script) = try Self.open(.plain)
        for frame in [
            #"{"type":"status","state":"live"}"#,
            #"{"type":"event","epoch":"a","sequence":5,"payload":{"data":{"n":900}}}"#,
            #"{"type":"event","epoch":"a","sequence":7,"payload":{}}"#,
            #"{"type":"gap","reason":"lag"}"#,
            #"{"type":"event","epoch":"a","sequence":17,"payload":{}}"#,
            #"{"type":"event","epoch":"b","sequence":1,"payload":{}}"#,
            #"{"type":"event","epoch":"b","payload":{}}"#,
            "nonsense",
        ] {
            client.receive(Self.text(frame).span, script: script)
        }
        #expect(client.counts.deliveries == 5)
        #expect(client.counts.unnumbered == 1)
        #expect(client.counts.unreadable == 1)
        #expect(client.tracker.counts == SequenceTracker.Counts(lost: 1, gaps: 1, skipped: 9, restarts: 1))
    }

    @Test func `bare payloads are numbered by the key`() throws {
        var (client, script) = try Self.open(.payload)
        for number in [1, 2, 4] {
            client.receive(Self.text(#"{"data":{"tick":{"n":\#(number)}}}"#).span, script: script)
        }
        #expect(client.counts.deliveries == 3)
        #expect(client.tracker.counts.lost == 1)
    }

    @Test func `a GraphQL client initialises, subscribes after the ack, and answers pings`() throws {
        var (client, script) = try Self.open(.graphql)
        #expect(client.phase == .acknowledging)
        var sent = Self.take(&client.output)
        #expect(sent == (1, #"{"type":"connection_init"}"#))
        client.receive(Self.text(#"{"type":"ping"}"#).span, script: script)
        sent = Self.take(&client.output)
        #expect(sent == (1, #"{"type":"pong"}"#))
        client.receive(Self.text(#"{"type":"connection_ack","payload":{}}"#).span, script: script)
        sent = Self.take(&client.output)
        #expect(
            sent.payload
                == #"{"id":"1","type":"subscribe","payload":{"query":"subscription { \"t\" }","variables":{"a":1}}}"#
        )
        #expect(client.phase == .subscribed)
        #expect(client.output.isEmpty)
    }

    @Test func `GraphQL events of one's own id are delivered, others are misaddressed`() throws {
        var (client, script) = try Self.open(.graphql)
        client.receive(Self.text(#"{"type":"connection_ack"}"#).span, script: script)
        for frame in [
            #"{"id":"1","type":"next","payload":{"data":{"tick":{"n":1}}}}"#,
            #"{"type":"next","payload":{"data":{"tick":{"n":2}}},"id":"1"}"#,
            #"{"id":"2","type":"next","payload":{"data":{"tick":{"n":3}}}}"#,
            #"{"id":"1","type":"error","payload":[{"message":"no"}]}"#,
            #"{"id":"1","type":"complete"}"#,
        ] {
            client.receive(Self.text(frame).span, script: script)
        }
        #expect(client.counts.deliveries == 2)
        #expect(client.counts.misaddressed == 1)
        #expect(client.counts.operationErrors == 1)
        #expect(client.counts.completions == 1)
        #expect(client.tracker.counts == SequenceTracker.Counts())
        #expect(String(decoding: client.errorText, as: UTF8.self).contains("no"))
    }

    @Test func `a ping is answered with its payload, even cut in two`() throws {
        var (client, script) = try Self.open(.plain)
        let ping = FrameParserTests.frame(0x89, Array("hello".utf8))
        client.receive(ping.span.extracting(first: 4), script: script)
        #expect(client.output.isEmpty)
        client.receive(ping.span.extracting(droppingFirst: 4), script: script)
        let sent = Self.take(&client.output)
        #expect(sent == (10, "hello"))
    }

    @Test(
        arguments: [
            ([0x03, 0xF5], Ending.Departure.close(1013)),
            ([0x03, 0xF5, 0x62, 0x79], .close(1013)),
            ([], .close(nil)),
            ([0x11, 0x31], .close(4401)),
            ([0x03], .violation(.badClose)),
            ([0x03, 0xED], .violation(.badClose)),
            ([0x00, 0x05], .violation(.badClose)),
        ] as [([UInt8], Ending.Departure)]
    )
    func `a close frame ends the client with its code and is answered`(payload: [UInt8], departure: Ending.Departure)
        throws
    {
        var (client, script) = try Self.open(.plain)
        client.receive(FrameParserTests.frame(0x88, payload).span, script: script)
        #expect(client.phase == .ended(.closed(departure)))
        #expect(Self.take(&client.output).opcode == 8)
        client.lost(.endOfStream)
        #expect(client.phase == .ended(.closed(departure)))
    }

    @Test func `a broken frame ends the client`() throws {
        var (client, script) = try Self.open(.plain)
        client.receive([0x81, 0x80].span, script: script)
        #expect(client.phase == .ended(.closed(.violation(.masked))))
    }

    @Test func `a server that goes before the ack refused the connection`() throws {
        var (client, script) = try Self.open(.graphql)
        client.receive(FrameParserTests.frame(0x88, [0x11, 0x33]).span, script: script)
        #expect(client.phase == .ended(.refused(.early(.close(4403)))))
    }

    @Test func `a head without end is refused`() throws {
        let script = ClientScript(try .sample())
        var client = LoadClient(index: 1)
        client.connectBegan()
        client.connected(script)
        client.receive([UInt8](repeating: 65, count: 2 * Handshake.maximumHead).span, script: script)
        #expect(client.phase == .ended(.refused(.handshake(.headTooLong))))
    }

    @Test func `pongs must repeat their ping whole, and pings wait for their pong`() throws {
        var (client, script) = try Self.open(.plain)
        client.ping()
        let first = Self.take(&client.output)
        #expect(first.opcode == 9)
        client.ping()
        #expect(client.output.isEmpty)
        var ledger = PingLedger()
        let payload = ledger.next()
        client.receive(FrameParserTests.frame(0x8A, payload).span, script: script)
        client.receive(FrameParserTests.frame(0x8A, payload).span, script: script)
        #expect(client.pings.counts.answered == 1)
        client.ping()
        client.receive(FrameParserTests.frame(0x8A, payload).span, script: script)
        #expect(client.pings.counts.wrong == 1)
        #expect(client.pings.counts.sent == 2)
        client.ping()
        #expect(client.pings.isWaiting)
    }

    @Test func `leaving says goodbye once`() throws {
        var (client, _) = try Self.open(.plain)
        client.leave()
        client.leave()
        #expect(client.phase == .ended(.left))
        let sent = Self.take(&client.output)
        #expect(sent.opcode == 8)
        #expect(client.output.isEmpty)
    }

    @Test func `a subscription without a query asks for the topic by its name`() throws {
        var plan = try LoadPlan.sample(.graphql)
        plan.subscription = .init(operationName: "tick")
        let message = String(decoding: ClientScript(plan).subscribe(id: "7"), as: UTF8.self)
        #expect(message.contains(#""payload":{"query":"","operationName":"tick"}"#))
    }

    @Test func `an acknowledgement is an unsolicited pong`() throws {
        var (client, _) = try Self.open(.plain)
        client.acknowledge(17)
        let sent = Self.take(&client.output)
        #expect(sent == (10, "17"))
    }
}
