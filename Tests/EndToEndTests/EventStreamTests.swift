import DemoUpstream
import Fanout
import FanoutRelay
import Testing

extension Loopback {
    /// Server-sent events at `/topics/NAME`.
    @Suite(.timeLimit(.minutes(1)))
    struct EventStreamTests {
        @Test(arguments: Transport.all)
        func `a reader is greeted, and gets numbered events in order`(transport: Transport) async throws {
            try await Stage.run([Stage.manual()], over: transport) { stage in
                let peer = try stage.connect()
                let head = try await peer.openStream("GET", "/topics/m")
                for line in ["Cache-Control: no-store", "X-Accel-Buffering: no", "Connection: close", "Vary: Origin"] {
                    #expect(head.contains("\r\n\(line)\r\n"), "\(head)")
                }
                #expect(try await peer.text(through: "\n\n").hasPrefix("retry: "))
                let place = try await peer.block()
                #expect(place.sequence == 0)
                #expect(place.data == nil)
                #expect(try await peer.block().name == "status")
                await stage.upstream.emit(3)
                for number in 1...3 as ClosedRange<UInt64> {
                    let event = try await peer.event()
                    #expect(event.sequence == number)
                    #expect(event.epoch == place.epoch)
                    #expect(event.data?.hasPrefix(#"{"type":"event","topic":"m","epoch":"\#(event.epoch)""#) == true)
                    #expect(event.data?.hasSuffix(#","payload":{"data":{"manual":{"n":\#(number)}}}}"#) == true)
                }
                #expect(try await stage.metric("fanout_event_streams") == 1)
                #expect(try await stage.metric("fanout_clients") == 1)
            }
        }

        @Test(arguments: Transport.all)
        func `bare payloads are asked for`(transport: Transport) async throws {
            try await Stage.run([Stage.manual()], over: transport) { stage in
                let peer = try await Peer.stream(stage, "/topics/m?format=payload")
                try await peer.greeting()
                await stage.upstream.emit(1)
                let event = try await peer.event()
                #expect(event.data == #"{"data":{"manual":{"n":1}}}"#)
                #expect(event.sequence == 1)
            }
        }

        @Test(arguments: Transport.all)
        func `readers and WebSocket clients get the same events`(transport: Transport) async throws {
            try await Stage.run([Stage.manual()], over: transport) { stage in
                let plain = try await Peer.plain(stage)
                let streams = [
                    try await Peer.stream(stage), try await Peer.stream(stage, "/topics/m?format=payload"),
                    try await Peer.stream(stage, headers: "Connection: close\r\n"),
                ]
                for stream in streams { try await stream.greeting() }
                for _ in 0..<20 { await stage.upstream.emit(5) }
                #expect(try await plain.numbers(100) == Array(1...100))
                for stream in streams {
                    for number in 1...100 as ClosedRange<UInt64> {
                        #expect(try await stream.event().sequence == number)
                    }
                }
            }
        }

        @Test(arguments: Transport.all)
        func `a reader that comes back with Last-Event-ID gets what it missed`(transport: Transport) async throws {
            try await Stage.run([Stage.manual()], over: transport) { stage in
                let witness = try await Peer.plain(stage)
                var first: Peer? = try await Peer.stream(stage)
                try await first?.greeting()
                await stage.upstream.emit(2)
                _ = try await first?.event()
                let seen = try #require(try await first?.event().id)
                first = nil
                try await stage.metric("fanout_event_streams", reaches: 0)
                await stage.upstream.emit(3)
                _ = try await witness.numbers(5)
                let again = try await Peer.stream(stage, "/topics/m?last=1", headers: "Last-Event-ID: \(seen)\r\n")
                for number in 3...5 as ClosedRange<UInt64> { #expect(try await again.event().sequence == number) }
                let after = try await Peer.stream(stage, "/topics/m?after=\(seen)")
                #expect(try await after.event().sequence == 3)
                let last = try await Peer.stream(stage, "/topics/m?last=2")
                #expect(try await last.event().sequence == 4)
                #expect(try await stage.metric("fanout_unresumed_total") == 0)
            }
        }

        @Test(arguments: ["other:1", "nonsense", "::", "a:-1"])
        func `an id that can't be honoured is answered with a gap, and events go on`(id: String) async throws {
            try await Stage.run([Stage.manual()]) { stage in
                let peer = try await Peer.stream(stage, headers: "Last-Event-ID: \(id)\r\n")
                let gap = try await peer.event("gap")
                #expect(gap.data?.contains(#""type":"gap""#) == true)
                #expect(gap.sequence == 0)
                await stage.upstream.emit(1)
                #expect(try await peer.event().sequence == 1)
                #expect(try await stage.metric("fanout_unresumed_total") == 1)
            }
        }

        @Test(arguments: [("format=xml", 400), ("after=nonsense", 400), ("last=0", 400)])
        func `a parameter that can't be understood is 400`(query: String, status: Int) async throws {
            try await Stage.run([Stage.manual()]) { stage in
                let answer = try await stage.connect().get(
                    "/topics/m?\(query)",
                    headers: "Accept: text/event-stream\r\n"
                )
                #expect(answer.status == status)
            }
        }

        @Test(arguments: Transport.all)
        func `HEAD has a head only, other types a hint, foreign pages nothing`(transport: Transport) async throws {
            try await Stage.run([Stage.manual()], over: transport) { configuration in
                configuration.admission.allowedOrigins = ["https://good.example"]
            } _: { stage in
                let peer = try stage.connect()
                let accept = "Accept: text/event-stream\r\n"
                let head = try await peer.ask("HEAD", "/topics/m", accept)
                #expect(head.head.contains("Content-Type: text/event-stream\r\n"))
                #expect(try await peer.get("/topics/m").status == 426)
                #expect(try await peer.get("/topics/m", headers: "Accept: */*\r\n").status == 426)
                #expect(try await peer.get("/topics/x", headers: accept).status == 404)
                #expect(try await peer.post("/topics/m", "{}", headers: accept).status == 405)
                let foreign = try await peer.get("/topics/m", headers: accept + "Origin: https://evil.example\r\n")
                #expect(foreign.status == 403)
                let allowed = try await peer.openStream("GET", "/topics/m", "Origin: https://good.example\r\n")
                #expect(allowed.contains("\r\nAccess-Control-Allow-Origin: https://good.example\r\n"))
            }
        }

        @Test(arguments: Transport.all)
        func `S3 heartbeats are comments, and a reader that is gone is noticed`(transport: Transport) async throws {
            try await Stage.run([Stage.manual()], over: transport) { configuration in
                configuration.admission.pingInterval = .milliseconds(100)
                configuration.admission.pongTimeout = .milliseconds(100)
            } _: { stage in
                var peer: Peer? = try await Peer.stream(stage)
                for _ in 0..<5 { _ = try await peer?.text(through: "\n:\n\n") }
                peer = nil
                try await stage.metric("fanout_event_streams", reaches: 0)
            }
        }

        @Test(arguments: Transport.all)
        func `a reader that reads nothing for too long is cut off`(transport: Transport) async throws {
            // Over TLS a command is in between, with buffers of its own.
            let (size, count) = transport == .tls ? (400_000, 20) : (5000, 100)
            var topic = try Stage.manual(bytes: size)
            topic.lagAction = .latest
            try await Stage.run([topic], over: transport) { configuration in
                configuration.admission.pingInterval = .milliseconds(100)
                configuration.admission.pongTimeout = .milliseconds(100)
                configuration.sendBuffer = 4096
            } _: { stage in
                let peer = try await Peer.stream(stage, receiveBuffer: 4096)
                try await peer.greeting()
                peer.pause()
                await stage.upstream.emit(count)
                try await stage.metric("fanout_event_streams", reaches: 0)
            }
        }

        @Test(arguments: Transport.all)
        func `a reader that sends more is cut off`(transport: Transport) async throws {
            try await Stage.run([Stage.manual()], over: transport) { stage in
                let peer = try await Peer.stream(stage)
                try await peer.greeting()
                peer.send(raw: Array("GET / HTTP/1.1\r\n\r\n".utf8))
                _ = await peer.textToEnd()
                // Over TLS who sends ahead is cut off at once too.
                guard transport == .plaintext else { return }
                let request = "GET /topics/m HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n"
                let pipelining = try stage.connect()
                pipelining.send(raw: Array((request + request + request).utf8))
                #expect(try await pipelining.head().hasPrefix("HTTP/1.1 200"))
                #expect(try await stage.get("/healthz").status == 200)
            }
        }

        @Test(arguments: Transport.all)
        func `a gap of the upstream is told with the place to go on from`(transport: Transport) async throws {
            try await Stage.run([Stage.manual()], over: transport) { stage in
                let peer = try await Peer.stream(stage, "/topics/m?format=payload")
                try await peer.greeting()
                await stage.upstream.emit(2)
                for _ in 0..<2 { _ = try await peer.event() }
                await stage.upstream.dropLinks(code: nil)
                let gap = try await peer.event("gap")
                #expect(gap.sequence == 2)
            }
        }

        @Test(arguments: Transport.all, [TopicDefinition.LagAction.disconnect, .skip, .latest])
        func `a slow reader has what its topic says, and others lose nothing`(
            transport: Transport,
            action: TopicDefinition.LagAction
        )
            async throws
        {
            // Over TLS a command is in between, with buffers of its own.
            let scale = transport == .tls ? 10 : 1
            var topic = try Stage.manual(bytes: 2000 * scale)
            topic.lagAction = action
            try await Stage.run([topic], over: transport) { configuration in
                configuration.lag.bytes = 100_000 * scale
                configuration.sendBuffer = 8192
            } _: { stage in
                let witness = try await Peer.stream(stage)
                let slow = try await Peer.stream(stage, receiveBuffer: 4096)
                for peer in [witness, slow] { try await peer.greeting() }
                slow.pause()
                for round in 0..<20 {
                    await stage.upstream.emit(10)
                    for number in 1...10 { #expect(try await witness.event().sequence == UInt64(round * 10 + number)) }
                }
                slow.resume()
                if action == .disconnect {
                    let rest = await slow.textToEnd()
                    #expect(!rest.contains("event: gap"))
                    try await stage.metric(#"fanout_clients_closed_total{code="1013"}"#, reaches: 1)
                } else {
                    await stage.upstream.emit(1)
                    var blocks: [ServerEvent] = []
                    while blocks.last?.data == nil || blocks.last?.sequence != 201 {
                        blocks.append(try await slow.block())
                    }
                    #expect(blocks.contains { $0.name == "gap" })
                }
                #expect(try await stage.metric("fanout_untold_gaps_total") == 0)
            }
        }

        @Test(arguments: Transport.all)
        func `a drain ends the streams with their last event whole`(transport: Transport) async throws {
            try await Stage.run([Stage.manual()], over: transport) { stage in
                var peer: Peer? = try await Peer.stream(stage)
                try await peer?.greeting()
                await stage.upstream.emit(1)
                _ = try await peer?.event()
                async let drained: Void = stage.relay.drain(over: .milliseconds(50))
                let rest = await peer?.textToEnd()
                #expect((1...5).contains { rest == "retry: \($0)000\n\n" })
                // As every reader closes its side when the stream ends.
                peer = nil
                await drained
            }
        }

        @Test func `readers count among the connections of their address`() async throws {
            try await Stage.run([Stage.manual()]) { configuration in
                configuration.admission.maximumPerAddress = 1
            } _: { stage in
                var peer: Peer? = try await Peer.stream(stage)
                try await peer?.greeting()
                #expect(try await stage.connect().get("/healthz").status == 429)
                peer = nil
                while try await stage.connect().get("/healthz").status == 429 { try Task.checkCancellation() }
            }
        }
    }
}
