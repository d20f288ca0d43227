import FanoutRelay
import Testing

extension Loopback {
    /// A drain and the clients that never answer.
    @Suite(.timeLimit(.minutes(1)))
    struct UnansweredDrainTests {
        enum Client: CaseIterable {
            case connectsOnly, sendsHalfARequest, answersNoClose, readsNoEvents, readsNoAnswer, readsNoStream

            func come(to stage: Stage) async throws -> Peer {
                switch self {
                case .connectsOnly:
                    return try Peer(port: stage.port)
                case .sendsHalfARequest:
                    let peer = try Peer(port: stage.port)
                    peer.send(raw: Array("GET / HTTP/1.1\r\nHost: loc".utf8))
                    return peer
                case .answersNoClose:
                    return try await Peer.graphQL(stage)
                case .readsNoEvents:
                    let peer = try await Peer.plain(stage, receiveBuffer: 4096)
                    peer.pause()
                    return peer
                case .readsNoAnswer:
                    let peer = try await Peer.graphQL(stage, receiveBuffer: 4096)
                    peer.pause()
                    peer.send(#"{"id":"1","type":"subscribe","payload":{"query":"{ text(bytes: 900000) }"}}"#)
                    while try await stage.metric("fanout_answer_bytes") == 0 { try Task.checkCancellation() }
                    return peer
                case .readsNoStream:
                    let peer = try Peer(port: stage.port, receiveBuffer: 4096)
                    let head = "GET /topics/m HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n"
                    peer.send(raw: Array(head.utf8))
                    _ = try await peer.head()
                    peer.pause()
                    return peer
                }
            }
        }

        /// Far less than any other limit: a close frame's five seconds, a query's fifteen, an answer's ten.
        @Test(arguments: Client.allCases)
        func `a drain ends with its window whatever its clients leave undone`(client: Client) async throws {
            try await Stage.scripted { stage, upstream in
                let peer = try await client.come(to: stage)
                if client == .readsNoEvents || client == .readsNoStream {
                    for number in 1...2000 { await upstream.emit(number) }
                }
                let start = ContinuousClock.now
                await stage.relay.drain(over: .milliseconds(500))
                #expect(start.duration(to: .now) < .seconds(5))
                withExtendedLifetime(peer) {}
            }
        }

        @Test func `during the delay all is served as before, and readyz says 503`() async throws {
            try await Stage.scripted { stage, upstream in
                let early = try await Peer.plain(stage)
                // Ended by hand, so that no machine is too slow for it.
                let drained = Task { await stage.relay.drain(over: .zero, after: .seconds(3600)) }
                try await stage.readiness(becomes: 503)
                #expect(!stage.relay.isReady)
                #expect(try await stage.get("/readyz").body == "draining\n")
                #expect(try await stage.get("/healthz").status == 200)
                let late = try await Peer.graphQL(stage)
                try await late.subscribe("s", Stage.manualDocument())
                late.send(#"{"id":"1","type":"subscribe","payload":{"query":"{ n }"}}"#)
                #expect(try await late.text("next").contains(#"{"data":{"n":1}}"#))
                #expect(try await late.text("complete").contains(#""id":"1""#))
                await upstream.emit(7)
                for peer in [early, late] { #expect(try await peer.number() == 7) }
                drained.cancel()
                for peer in [early, late] { #expect(await peer.isSentAway()) }
                await drained.value
                #expect(throws: Peer.Failure.self) { try Peer(port: stage.port) }
            }
        }
    }
}
