import FanoutRelay
import Testing

extension Loopback {
    /// A drain and the clients whose answers are awaited.
    @Suite(.timeLimit(.minutes(1)))
    struct DrainingAnswerTests {
        private static func subscribe(_ id: String, _ query: String) -> String {
            #"{"id":"\#(id)","type":"subscribe","payload":{"query":"\#(query)"}}"#
        }

        /// Returns when the drain has sent an idle client away: the others' moments were no later.
        private static func idleLeaves(_ idle: Peer) async {
            #expect(await idle.isSentAway())
        }

        @Test(arguments: ["{ silence }", "mutation { silence }"])
        func `a WebSocket client stays until its answer is out, and then leaves with 1001`(query: String) async throws {
            try await Stage.scripted { stage, upstream in
                let (peer, idle) = (try await Peer.graphQL(stage), try await Peer.graphQL(stage))
                peer.send(Self.subscribe("1", query))
                while await upstream.operations == 0 { await Task.yield() }
                async let drained: Void = stage.relay.drain(over: .zero)
                await Self.idleLeaves(idle)
                try await peer.settle()
                await upstream.answerSilent()
                #expect(try await peer.text() == #"{"id":"1","type":"next","payload":{"data":{"n":1}}}"#)
                #expect(try await peer.text() == #"{"id":"1","type":"complete"}"#)
                #expect(await peer.isSentAway())
                await drained
            }
        }

        @Test(arguments: ["{ silence }", "mutation { silence }"])
        func `an answer that never comes ends as it always does, and so does the drain`(query: String) async throws {
            try await Stage.scripted(adjust: { configuration in
                configuration.queryTimeout = .milliseconds(700)
                configuration.executionWait = .zero
            }) { stage, upstream in
                let (peer, idle) = (try await Peer.graphQL(stage), try await Peer.graphQL(stage))
                peer.send(Self.subscribe("1", query))
                while await upstream.operations == 0 { await Task.yield() }
                async let drained: Void = stage.relay.drain(over: .zero)
                await Self.idleLeaves(idle)
                let code = query.hasPrefix("m") ? "OUTCOME_UNKNOWN" : "UPSTREAM_TIMEOUT"
                #expect(try await peer.text("error").contains(code))
                #expect(await peer.isSentAway())
                await drained
            }
        }

        @Test func `a client that still reads its answer gets all of it before 1001`() async throws {
            try await Stage.scripted { stage, upstream in
                let peer = try await Peer.graphQL(stage, receiveBuffer: 4096)
                let idle = try await Peer.graphQL(stage)
                peer.pause()
                peer.send(Self.subscribe("1", "{ text(bytes: 900000) }"))
                try await stage.metric("fanout_executions", reaches: 1)
                while try await stage.metric("fanout_answer_bytes") == 0 { try Task.checkCancellation() }
                // Long enough for any machine: it ends with its last client.
                async let drained: Void = stage.relay.drain(over: .seconds(4))
                await Self.idleLeaves(idle)
                peer.resume()
                #expect(try await peer.text("next").utf8.count > 900_000)
                #expect(try await peer.text() == #"{"id":"1","type":"complete"}"#)
                #expect(await peer.isSentAway())
                await drained
            }
        }

        @Test func `who stays for an answer gets no other one`() async throws {
            try await Stage.scripted { stage, upstream in
                let (peer, idle) = (try await Peer.graphQL(stage), try await Peer.graphQL(stage))
                peer.send(Self.subscribe("1", "{ silence }"))
                while await upstream.operations == 0 { await Task.yield() }
                async let drained: Void = stage.relay.drain(over: .zero)
                await Self.idleLeaves(idle)
                peer.send(Self.subscribe("2", "{ n }"))
                #expect(try await peer.text("error").contains(#""code":"SHUTTING_DOWN""#))
                await upstream.answerSilent()
                #expect(try await peer.text("next").contains(#""id":"1""#))
                #expect(try await peer.text() == #"{"id":"1","type":"complete"}"#)
                #expect(await peer.isSentAway())
                await drained
            }
        }

        @Test func `an answer over HTTP is awaited too, behind the window`() async throws {
            try await Stage.scripted { stage, upstream in
                let (peer, idle) = (try Peer(port: stage.port), try await Peer.graphQL(stage))
                peer.send(raw: Array("GET /graphql?query=%7Bsilence%7D HTTP/1.1\r\nHost: localhost\r\n\r\n".utf8))
                while await upstream.operations == 0 { await Task.yield() }
                async let drained: Void = stage.relay.drain(over: .zero)
                await Self.idleLeaves(idle)
                #expect(await idle.next() == nil)
                // The window and the farewell are over when the port has been closed for so long.
                try await Task.sleep(for: .milliseconds(700))
                await upstream.answerSilent()
                #expect(try await peer.head().hasPrefix("HTTP/1.1 200 OK\r\n"))
                #expect(try await peer.text(through: "}}") == #"{"data":{"n":1}}"#)
                await drained
            }
        }
    }
}
