import DemoUpstream
import Fanout
import FanoutRelay
import Testing

extension Loopback {
    /// The rules of `graphql-transport-ws` that a real socket shows; the rest is tested on the machine itself.
    @Suite(.timeLimit(.minutes(1)))
    struct ProtocolRuleTests {
        private static let subscribe =
            #"{"id":"1","type":"subscribe","payload":{"query":"subscription { manual { n } }"}}"#

        /// Another client of the stage gets the next event.
        private static func expectService(_ stage: Stage, to witness: Peer, _ number: UInt64) async throws {
            await stage.upstream.emit(1)
            #expect(try await witness.number() == number)
        }

        @Test(arguments: [nil, "fanout.v1.json"])
        func `P1 without the subprotocol the socket closes 4406`(subprotocol: String?) async throws {
            try await Stage.run([Stage.manual()]) { stage in
                let peer = try Peer(port: stage.port)
                #expect(try await peer.upgrade("/graphql", subprotocols: subprotocol).status == 101)
                #expect(await peer.next() == .close(4406, "Subprotocol not acceptable"))
                #expect(await peer.next() == nil)
            }
        }

        @Test func `P1 a topic's path closes 4406 for graphql-transport-ws`() async throws {
            try await Stage.run([Stage.manual()]) { stage in
                let peer = try Peer(port: stage.port)
                #expect(try await peer.upgrade("/topics/m", subprotocols: "graphql-transport-ws").status == 101)
                #expect(await peer.next() == .close(4406, "Subprotocol not acceptable"))
            }
        }

        @Test(arguments: [
            "graphql-transport-ws", "graphql-transport-ws, other", "other, graphql-transport-ws",
            "soap,other ,graphql-transport-ws, last",
        ])
        func `P2 the subprotocol is found at any place in the offer`(offer: String) async throws {
            try await Stage.run([Stage.manual()]) { stage in
                let peer = try Peer(port: stage.port)
                let answer = try await peer.upgrade("/graphql", subprotocols: offer)
                #expect(answer.status == 101)
                #expect(answer.head.lowercased().contains("\r\nsec-websocket-protocol: graphql-transport-ws\r\n"))
                peer.send(#"{"type":"connection_init"}"#)
                #expect(await peer.next() == .text(#"{"type":"connection_ack"}"#))
            }
        }

        @Test func `P3 a client that doesn't initialise closes 4408, one that did stays`() async throws {
            try await Stage.run([Stage.manual()]) { configuration in
                configuration.admission.initialisationTimeout = .milliseconds(300)
            } _: { stage in
                let witness = try await Peer.graphQL(stage)
                let peer = try await Peer.opened(stage)
                peer.send(#"{"type":"ping"}"#)
                #expect(await peer.next() == .text(#"{"type":"pong"}"#))
                #expect(await peer.next() == .close(4408, "Connection initialisation timeout"))
                try await witness.subscribe("1", Stage.manualDocument())
                try await Self.expectService(stage, to: witness, 1)
            }
        }

        @Test func `P4 a second connection_init closes 4429`() async throws {
            try await Stage.run([Stage.manual()]) { stage in
                let peer = try await Peer.graphQL(stage)
                peer.send(#"{"type":"connection_init"}"#)
                #expect(await peer.next() == .close(4429, "Too many initialisation requests"))
                let hasty = try await Peer.opened(stage)
                hasty.send(
                    raw: (0..<2).flatMap { _ in PeerFrame.masked(1, Array(#"{"type":"connection_init"}"#.utf8)) }
                )
                #expect(await hasty.closing() == .close(4429, "Too many initialisation requests"))
            }
        }

        @Test func `P7 a subscription before the acknowledgement closes 4401`() async throws {
            try await Stage.run([Stage.manual()]) { stage in
                let peer = try await Peer.opened(stage)
                peer.send(Self.subscribe)
                #expect(await peer.next() == .close(4401, "Unauthorized"))
            }
        }

        @Test(arguments: [
            "", "x", "null", "[]", "\"ping\"", #"{"type":"ping""#, #"{"type":"nonsense"}"#, #"{}"#,
            #"{"type":"ping","payload":1}"#,
            #"{"type":"subscribe","payload":{"query":"subscription { manual { n } }"}}"#,
            #"{"id":"","type":"subscribe","payload":{"query":"subscription { manual { n } }"}}"#,
            #"{"id":7,"type":"subscribe","payload":{"query":"subscription { manual { n } }"}}"#,
            #"{"id":"2","type":"subscribe"}"#, #"{"id":"2","type":"subscribe","payload":{"query":1}}"#,
            #"{"id":"2","type":"subscribe","payload":{"query":"","variables":[]}}"#, #"{"type":"complete"}"#,
            #"{"id":"1","type":"next","payload":{}}"#,
        ])
        func `P8 an invalid message closes 4400 and harms nobody else`(message: String) async throws {
            try await Stage.run([Stage.manual()]) { stage in
                let witness = try await Peer.plain(stage)
                let peer = try await Peer.graphQL(stage)
                try await peer.subscribe("1", Stage.manualDocument())
                peer.send(message)
                guard case .close(4400, let reason)? = await peer.next() else {
                    Issue.record("not closed with 4400")
                    return
                }
                #expect(reason.hasPrefix("Invalid message received: "))
                #expect(reason.utf8.count <= 123)
                try await Self.expectService(stage, to: witness, 1)
            }
        }

        @Test(arguments: [[0xFF, 0xFE], [0x7B, 0x22, 0xC0, 0xAF, 0x22, 0x7D]] as [[UInt8]])
        func `P8 a text that is no UTF-8 closes 1007`(bytes: [UInt8]) async throws {
            try await Stage.run([Stage.manual()]) { stage in
                let peer = try await Peer.graphQL(stage)
                peer.send(raw: PeerFrame.masked(1, bytes))
                guard case .close(1007, _)? = await peer.next() else {
                    Issue.record("not closed with 1007")
                    return
                }
            }
        }

        @Test func `P8 a binary message closes 4400`() async throws {
            try await Stage.run([Stage.manual()]) { stage in
                let peer = try await Peer.graphQL(stage)
                peer.send(raw: PeerFrame.masked(2, Array(#"{"type":"ping"}"#.utf8)))
                #expect(await peer.next() == .close(4400, "Invalid message received: a binary message"))
            }
        }

        @Test(arguments: ["", #","payload":{}"#, #","payload":{"a":[1,2.50,"é\u0000"]}"#])
        func `P9 a ping is answered with its payload, also before the acknowledgement`(payload: String) async throws {
            try await Stage.run([Stage.manual()]) { stage in
                let peer = try await Peer.opened(stage)
                for _ in 0..<2 {
                    peer.send(#"{"type":"ping"\#(payload)}"#)
                    #expect(await peer.next() == .text(#"{"type":"pong"\#(payload)}"#))
                }
                peer.send(#"{"type":"connection_init"}"#)
                #expect(await peer.next() == .text(#"{"type":"connection_ack"}"#))
                peer.send(#"{"type":"pong"}"#)
                peer.send(#"{"type":"ping","payload":null}"#)
                #expect(await peer.next() == .text(#"{"type":"pong"}"#))
            }
        }

        @Test func `P11 P13 a duplicate active id closes 4409, another socket may use it`() async throws {
            try await Stage.run([Stage.manual()]) { stage in
                let (peer, witness) = (try await Peer.graphQL(stage), try await Peer.graphQL(stage))
                try await peer.subscribe("1", Stage.manualDocument())
                try await witness.subscribe("1", Stage.manualDocument())
                peer.send(Self.subscribe)
                #expect(await peer.next() == .close(4409, "Subscriber for 1 already exists"))
                try await Self.expectService(stage, to: witness, 1)
                try await stage.metric("fanout_subscriptions", reaches: 1)
            }
        }

        @Test func `P12 an id is free again after complete and after error`() async throws {
            try await Stage.run([Stage.manual()]) { stage in
                let peer = try await Peer.graphQL(stage)
                for number in 1...5 as ClosedRange<UInt64> {
                    try await peer.subscribe("1", "query { manual { n } }")
                    #expect(try await peer.text().hasPrefix(#"{"id":"1","type":"error","payload":[{"message":""#))
                    try await peer.subscribe("1", Stage.manualDocument())
                    try await Self.expectService(stage, to: peer, number)
                    peer.send(#"{"id":"1","type":"complete"}"#)
                }
            }
        }

        @Test func `P16 an unknown operation is an error that ends it, and the socket stays`() async throws {
            try await Stage.run([Stage.manual()]) { stage in
                let peer = try await Peer.graphQL(stage)
                for query in ["subscription { other }", "mutation { a }", "subscription {", ""] {
                    try await peer.subscribe("1", query)
                    #expect(try await peer.text().hasPrefix(#"{"id":"1","type":"error","payload":[{"message":""#))
                }
                try await peer.subscribe("1", Stage.manualDocument())
                try await Self.expectService(stage, to: peer, 1)
            }
        }

        @Test func `P17 errors of the execution come inside next, and the operation goes on`() async throws {
            let partial = #"{"errors":[{"message":"m","path":["a"]}],"data":{"a":null}}"#
            try await PickyStage.run { configuration in
                configuration.demand.allowsAnySubscription = true
            } reply: { _ in
                .results([partial, #"{"data":{"a":1}}"#], isComplete: true)
            } _: { stage in
                let peer = try await Peer.graphQL(at: stage.port)
                try await peer.subscribe("1", "subscription { a }")
                #expect(try await peer.text() == #"{"id":"1","type":"next","payload":\#(partial)}"#)
                #expect(try await peer.text() == #"{"id":"1","type":"next","payload":{"data":{"a":1}}}"#)
                #expect(try await peer.text() == #"{"id":"1","type":"complete"}"#)
            }
        }

        @Test func `P14 P18 after complete nothing more comes for the id, others go on`() async throws {
            try await Stage.run([Stage.manual()]) { stage in
                let peer = try await Peer.graphQL(stage)
                try await peer.subscribe("gone", Stage.manualDocument())
                try await peer.subscribe("stays", Stage.manualDocument())
                peer.send(#"{"id":"gone","type":"complete"}"#)
                try await peer.settle()
                #expect(try await stage.metric("fanout_subscriptions") == 1)
                await stage.upstream.emit(20)
                for number in 1...20 {
                    let expected = #"{"id":"stays","type":"next","payload":{"data":{"manual":{"n":\#(number)}}}}"#
                    #expect(await peer.next() == .text(expected))
                }
                try await peer.settle()
                let ping = peer.ping()
                #expect(await peer.next() == .pong(ping), "nothing else is on the way")
            }
        }

        @Test func `P19 complete of an unknown or finished id is ignored`() async throws {
            try await Stage.run([Stage.manual()]) { stage in
                let peer = try await Peer.graphQL(stage)
                try await peer.subscribe("1", Stage.manualDocument())
                for id in ["never", "1", "1", "1"] { peer.send(#"{"id":"\#(id)","type":"complete"}"#) }
                try await peer.subscribe("1", Stage.manualDocument())
                try await Self.expectService(stage, to: peer, 1)
            }
        }

        @Test(arguments: ["/graphql", "/topics/m"])
        func `P24 a silent client is pinged, one that answers stays, one that doesn't is cut`(path: String) async throws
        {
            try await Stage.run([Stage.manual()]) { configuration in
                configuration.admission.initialisationTimeout = .milliseconds(200)
                configuration.admission.pingInterval = .milliseconds(100)
                configuration.admission.pongTimeout = .milliseconds(500)
            } _: { stage in
                let open = { path == "/graphql" ? try await Peer.graphQL(stage) : try await Peer.plain(stage) }
                let (alive, dead) = (try await open(), try await open())
                // Long enough for the dead one, which reads but never answers, to be cut.
                for _ in 0..<3 {
                    guard case .ping(let payload)? = await alive.nextControl() else {
                        Issue.record("cut though it answered")
                        return
                    }
                    alive.send(raw: PeerFrame.masked(10, payload))
                }
                guard case .ping? = await dead.nextControl() else {
                    Issue.record("cut without a ping")
                    return
                }
                #expect(await dead.nextControl() == nil, "one ping, then the end")
                try await stage.metric("fanout_clients", reaches: 1)
                #expect(try await stage.metric(#"fanout_clients_closed_total{code="1006"}"#) == 1)
            }
        }
    }
}

extension Peer {
    /// The next frame that is no text.
    fileprivate func nextControl() async -> PeerFrame? {
        while let frame = await next() {
            if case .text = frame { continue }
            return frame
        }
        return nil
    }
}
