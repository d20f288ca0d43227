import Fanout
import FanoutRelay
import GraphQLSession
import Testing

extension Loopback {
    /// Clients' operations that make the server end the link.
    @Suite(.timeLimit(.minutes(1)))
    struct PoisonTests {
        private static func reply(_ text: String) -> PickyUpstream.Reply {
            if text.contains("poison") { return .cut }
            if text.contains("bystander") || text.contains("silent") { return .silence }
            if text.contains(#""query":"query"#) || text.contains("mutation") {
                return .results([#"{"data":{"n":1}}"#], isComplete: true)
            }
            return .results([#"{"data":{"n":1}}"#])
        }

        private static func run(_ body: (PickyStage) async throws -> Void) async throws {
            try await PickyStage.run([PickyStage.topic("bystander")]) {
                $0.demand.allowsAnySubscription = true
                $0.allowsExecution = true
                $0.admission.maximumSubscriptions = 1000
            } reply: {
                reply($0)
            } _: { stage in
                await stage.upstream.wait { $0.operations.count == 1 }
                try await connected(stage, 1)
                try await body(stage)
            }
        }

        /// The links that the operator's topic had, each end of which is told.
        private static func expectTwoLosses(_ stage: PickyStage) async throws {
            await stage.upstream.wait { $0.operations.contains { $0.link == 3 && $0.text.contains("bystander") } }
            #expect(await stage.upstream.links == 3)
            #expect(await stage.upstream.count(of: "poison") == 2)
            try await stage.page("/metrics", holds: "fanout_quarantined_total 1\n")
            try await connected(stage, 3)
        }

        /// Waits until the relay knows of a link: it answers no query before.
        private static func connected(_ stage: PickyStage, _ links: Int) async throws {
            try await stage.page("/metrics", holds: "fanout_upstream_connects_total \(links)\n")
        }

        private static let message = #"{"message":"the link to the server broke twice at this operation"#

        @Test(arguments: [
            #"{"query":"subscription { poison }"}"#,
            #"{"query":"subscription($n: Int) { a(n: $n) }","variables":{"n":"poison"}}"#,
            #"{"query":"query { poison }"}"#,
            #"{"query":"query($n: Int) { a(n: $n) }","variables":{"n":"poison"}}"#,
        ])
        func `poison over a WebSocket costs two links, and is refused then`(payload: String) async throws {
            try await Self.run { stage in
                let bystander = try await Peer.plain(at: stage.port, "/topics/bystander")
                // It may be there before its topic is live.
                while try await !bystander.text().contains(#""upstream":"live""#) {}
                let peer = try await Peer.graphQL(at: stage.port)
                peer.send(#"{"id":"1","type":"subscribe","payload":\#(payload)}"#)
                let error = try await peer.text("error")
                #expect(error.contains(Self.message))
                #expect(error.contains(#""extensions":{"code":"OPERATION_QUARANTINED"}"#))
                try await Self.expectTwoLosses(stage)
                try await stage.page("/metrics", holds: #"fanout_topic_down{topic="bystander"} 0"#)
                try await bystander.settle()
                let states = bystander.pending.map { "\($0)" }
                let losses = states.count { $0.contains("status") && $0.contains("interrupted") }
                #expect((1...2).contains(losses))
                // Each is a gap, though there was no event.
                #expect(states.count { $0.contains("gap") } == losses)
                #expect(states.last?.contains("live") == true)
                // Whoever sends it again is refused at once, others aren't.
                peer.send(#"{"id":"2","type":"subscribe","payload":\#(payload)}"#)
                #expect(try await peer.text("error").contains(Self.message))
                // A subscription is told of its first sentence in the same way, when it is to be restarted.
                let refusals = payload.contains("subscription") ? 2 : 1
                try await stage.page("/metrics", holds: "fanout_quarantine_refusals_total \(refusals)\n")
                try await peer.subscribe("3", "subscription { fine }")
                #expect(try await peer.text("next").contains(#""id":"3""#))
                #expect(await stage.upstream.links == 3)
                #expect(stage.log.lines.count { $0.contains("broke twice") } == 1)
            }
        }

        @Test func `poison over HTTP is 422, and a mutation is sent once for each time it is asked`() async throws {
            try await Self.run { stage in
                let json = "Content-Type: application/json\r\n"
                let peer = try Peer(port: stage.port)
                let query = #"{"query":"query { poison }"}"#
                #expect(try await peer.post("/graphql", query, headers: json).status == 422)
                try await Self.expectTwoLosses(stage)
                let answer = try await peer.post("/graphql", query, headers: json)
                #expect(answer.status == 422)
                #expect(answer.body.contains(Self.message))
                #expect(answer.head.lowercased().contains("retry-after: 30"))

                let mutation = #"{"query":"mutation { poison }"}"#
                for link in 4...5 {
                    #expect(try await peer.post("/graphql", mutation, headers: json).status == 502)
                    try await Self.connected(stage, link)
                    #expect(await stage.upstream.count(of: "mutation") == link - 3)
                }
                #expect(try await peer.post("/graphql", mutation, headers: json).status == 422)
                #expect(await stage.upstream.links == 5)
            }
        }

        @Test func `ten clients with the same poison cost no more than one, and all are told`() async throws {
            try await Self.run { stage in
                var peers: [Peer] = []
                for _ in 0..<10 { peers.append(try await .graphQL(at: stage.port)) }
                for peer in peers {
                    peer.send(#"{"id":"s","type":"subscribe","payload":{"query":"subscription { poison }"}}"#)
                }
                for peer in peers { #expect(try await peer.text("error").contains(Self.message)) }
                try await Self.expectTwoLosses(stage)
                for peer in peers {
                    peer.send(#"{"id":"q","type":"subscribe","payload":{"query":"query { poison }"}}"#)
                }
                // Those that arrive while the first one's link is away are told so, as every query is.
                var refused = 0
                for peer in peers {
                    let error = try await peer.text("error")
                    if error.contains(Self.message) { refused += 1 } else { #expect(error.contains("UNAVAILABLE")) }
                }
                #expect(refused > 0)
                await stage.upstream.wait { $0.links >= 5 }
                #expect(await stage.upstream.links == 5)
            }
        }

        @Test func `innocents that start beside poison are served, in seconds`() async throws {
            try await Self.run { stage in
                let peer = try await Peer.graphQL(at: stage.port)
                let start = ContinuousClock.now
                for number in 1...200 {
                    let field =
                        number == 120 ? "poison" : number.isMultiple(of: 2) ? "silent\(number)" : "fine\(number)"
                    peer.send(
                        #"{"id":"\#(number)","type":"subscribe","payload":{"query":"subscription { \#(field) }"}}"#
                    )
                }
                var served: Set<UInt64> = []
                var refused: [UInt64] = []
                while served.count < 100 || refused.isEmpty {
                    let text = try await peer.text()
                    guard let id = text.number(after: #""id":""#) else { continue }
                    if text.contains(#""type":"error""#) { refused.append(id) } else { served.insert(id) }
                }
                #expect(refused == [120])
                // The silent ones run as well.
                await stage.upstream.wait { upstream in
                    Set(upstream.operations.filter { $0.link == 3 && $0.text.contains("silent") }.map(\.text)).count
                        == 99
                }
                #expect(start.duration(to: .now) < .seconds(20))
                try await Self.expectTwoLosses(stage)
            }
        }

        @Test func `what had been answered restarts at once after an outage`() async throws {
            try await Self.run { stage in
                let peer = try await Peer.graphQL(at: stage.port)
                for number in 1...200 {
                    peer.send(
                        #"{"id":"\#(number)","type":"subscribe","payload":{"query":"subscription { fine\#(number) }"}}"#
                    )
                }
                for _ in 1...200 { _ = try await peer.text("next") }
                await stage.upstream.cut()
                for _ in 1...200 { _ = try await peer.text("next") }
                #expect(await stage.upstream.links == 2)
                #expect(await stage.upstream.count(of: "__typename") == 0)
            }
        }
    }
}
