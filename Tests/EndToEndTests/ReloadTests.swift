import AccessTokens
import AllowedDocuments
import DemoUpstream
import Fanout
import Testing
import WebSockets

@testable import FanoutRelay

extension Loopback {
    /// A relay that goes by another configuration while clients are connected.
    @Suite(.timeLimit(.minutes(1)))
    struct ReloadTests {
        @Test func `a new topic is there at once at every door, and nobody notices`() async throws {
            try await Stage.run([Stage.manual()], shards: 2) { stage in
                let witnesses = [try await Peer.plain(stage), try await Peer.plain(stage)]
                await stage.upstream.emit(1)
                for peer in witnesses { #expect(try await peer.numbers(1) == [1]) }
                let outcome = try await stage.reload { $0.topics.append(try Stage.manual("new", bytes: 1)) }
                #expect(outcome == Reload(addedTopics: ["new"]))
                _ = await stage.upstream.statistics { $0.operations.now == 2 }
                let plain = [
                    try await Peer.plain(stage, "/topics/new"), try await Peer.plain(stage, "/topics/new"),
                ]
                let stream = try await Peer.stream(stage, "/topics/new")
                try await stream.greeting()
                let named = try await Peer.graphQL(stage)
                try await named.subscribe("1", "", operationName: "new")
                let written = try await Peer.graphQL(stage)
                try await written.subscribe("2", Stage.manualDocument(bytes: 1))
                #expect(await stage.upstream.statistics.operations.total == 2)
                #expect(try await stage.get("/topics").body.contains(#"{"name":"new","document":"#))
                try await stage.metric(#"fanout_topic_live{topic="new"}"#, reaches: 1)
                await stage.upstream.emit(2)
                for peer in plain + [named, written] { #expect(try await peer.numbers(2) == [1, 2]) }
                for number in 1...2 as ClosedRange<UInt64> { #expect(try await stream.event().sequence == number) }
                for peer in witnesses { #expect(try await peer.numbers(2) == [2, 3]) }
                #expect(try await stage.metric(#"fanout_topic_events_total{topic="new"}"#) == 2)
            }
        }

        @Test(arguments: Transport.all)
        func `a topic that is removed ends its clients behind its last event, and no others`(
            transport: Transport
        ) async throws {
            let topics = [try Stage.manual(), try Stage.manual("gone", bytes: 1)]
            try await Stage.run(topics, over: transport, shards: 2) { stage in
                let witness = try await Peer.plain(stage)
                let plain = try await Peer.plain(stage, "/topics/gone")
                let stream = try await Peer.stream(stage, "/topics/gone")
                try await stream.greeting()
                let operation = try stage.connect()
                let body = #"{"query":"\#(Stage.manualDocument(bytes: 1))"}"#
                _ = try await operation.openStream("POST", "/graphql", "Content-Type: application/json\r\n", body)
                _ = try await operation.text(through: "\n\n")
                let graphQL = try await Peer.acknowledged(stage, "graphql-transport-ws")
                try await graphQL.subscribe("gone", Stage.manualDocument(bytes: 1))
                try await graphQL.subscribe("m", Stage.manualDocument())
                await stage.upstream.emit(1)
                for peer in [witness, plain] { #expect(try await peer.numbers(1) == [1]) }
                let outcome = try await stage.reload { $0.topics.removeLast() }
                #expect(outcome == Reload(removedTopics: ["gone"]))
                _ = await stage.upstream.statistics { $0.operations.now == 1 }
                #expect(await plain.closing() == .close(1000, "The operation has ended"))
                #expect(try await stream.event().sequence == 1)
                _ = await stream.textToEnd()
                #expect(try await operation.event("next").data?.contains(#""n":1"#) == true)
                #expect(try await operation.event("complete").data == "")
                #expect(try await graphQL.texts(of: "gone", through: "complete").count == 2)
                #expect(try await stage.get("/topics/gone").status == 404)
                #expect(try await stage.get("/metrics").body.contains(#"topic="gone""#) == false)
                #expect(try await stage.get("/metrics").body.contains("\nfanout_subscriptions 2\n"))
                await stage.upstream.emit(2)
                #expect(try await witness.numbers(2) == [2, 3])
                #expect(try await graphQL.texts(of: "m", through: #""n":3"#).count == 2)
                #expect(await stage.upstream.statistics.operations.total == 2)
            }
        }

        @Test func `of a topic that has gone no history is kept`() async throws {
            try await Stage.run([Stage.manual(), Stage.manual("gone", bytes: 1), Stage.manual("unheard", bytes: 2)]) {
                $0.demand.allowsAnySubscription = true
                $0.demand.linger = .zero
            } _: { stage in
                let (witness, client) = (try await Peer.plain(stage), try await Peer.graphQL(stage))
                let gone = try await Peer.plain(stage, "/topics/gone")
                try await client.subscribe("1", Stage.manualDocument(bytes: 3))
                _ = await stage.upstream.statistics { $0.operations.now == 4 }
                await stage.upstream.emit(2)
                for peer in [witness, client, gone] { #expect(try await peer.numbers(2) == [1, 2]) }
                try await stage.metric(#"fanout_topic_events_total{topic="unheard"}"#, reaches: 2)
                client.send(#"{"id":"1","type":"complete"}"#)
                try await stage.metric("fanout_client_topics", reaches: 0)
                try await stage.reload { $0.topics.removeLast(2) }
                #expect(await gone.closing() == .close(1000, "The operation has ended"))
                let held = await stage.relay.shards[0].heldEntries
                #expect(held.count == 4 && held[0] > 0)
                #expect(held.dropFirst() == [0, 0, 0])
                // A topic that takes a free slot begins with nothing of the former one.
                try await stage.reload { $0.topics = [try Stage.manual(), try Stage.manual("new", bytes: 1)] }
                _ = await stage.upstream.statistics { $0.operations.total == 5 && $0.operations.now == 2 }
                let late = try await Peer.plain(stage, "/topics/new?last=10")
                await stage.upstream.emit(1)
                #expect(try await late.text("event").contains(#""sequence":1,"#))
                #expect(try await witness.number() == 3)
            }
        }

        @Test func `another operation of the same name is another topic, whose tokens are others`() async throws {
            try await Stage.run([Stage.manual()]) { stage in
                let former = try await Peer.plain(stage)
                await stage.upstream.emit(2)
                let event = try await former.text("event")
                let rest = try #require(event.firstRange(of: #""epoch":""#).map { event[$0.upperBound...] })
                let epoch = String(rest.prefix { $0 != "\"" })
                let outcome = try await stage.reload { $0.topics = [try Stage.manual(bytes: 1)] }
                #expect(outcome == Reload(replacedTopics: ["m"]))
                #expect(await former.closing() == .close(1000, "The operation has ended"))
                _ = await stage.upstream.statistics { $0.operations.total == 2 && $0.operations.now == 1 }
                let latter = try await Peer.plain(stage, "/topics/m?after=\(epoch):1")
                #expect(try await latter.text("gap").contains("the epoch is over"))
                await stage.upstream.emit(1)
                #expect(try await latter.text("event").contains(#""sequence":1,"#))
            }
        }

        @Test func `options change in place`() async throws {
            try await Stage.run([Stage.manual()], shards: 2) { stage in
                let witness = try await Peer.plain(stage)
                await stage.upstream.emit(2)
                let outcome = try await stage.reload { configuration in
                    configuration.topics = [try Stage.manual(snapshot: .last)]
                    configuration.topics[0].gapAction = .close
                    configuration.lag.historyEvents = 1
                }
                #expect(outcome == Reload(changedTopics: ["m"]))
                for _ in 0..<2 {
                    let late = try await Peer.plain(stage)
                    #expect(try await late.numbers(1) == [2])
                }
                let bare = try await Peer.plain(stage, "/topics/m?format=payload&last=1")
                #expect(try await bare.number() == 2)
                await stage.upstream.dropLinks(code: 1012)
                #expect(await bare.closing() == .close(1012, "Events may be missing: ask anew"))
                #expect(try await witness.numbers(2) == [1, 2])
                #expect(await stage.upstream.statistics { $0.operations.now == 1 }.operations.total == 2)
            }
        }

        @Test func `who is at a topic of clients stays there when it is allowed no more`() async throws {
            try await Stage.run([Stage.manual("other", bytes: 7)]) { configuration in
                configuration.demand.allowsAnySubscription = true
                configuration.demand.linger = .zero
            } _: { stage in
                let peer = try await Peer.graphQL(stage)
                try await peer.subscribe("1", Stage.manualDocument())
                _ = await stage.upstream.statistics { $0.operations.now == 2 }
                try await stage.reload { $0.demand.allowsAnySubscription = false }
                await stage.upstream.emit(1)
                #expect(try await peer.number() == 1)
                let late = try await Peer.graphQL(stage)
                try await late.subscribe("1", Stage.manualDocument())
                #expect(try await late.text("error").contains("no topic of this relay has this operation"))
                // The same operation as the operator's topic begins beside it.
                try await stage.reload { $0.topics.append(try Stage.manual()) }
                try await late.subscribe("2", Stage.manualDocument())
                _ = await stage.upstream.statistics { $0.operations.now == 3 }
                await stage.upstream.emit(1)
                #expect(try await peer.number() == 2)
                #expect(try await late.number() == 2)
                peer.send(#"{"id":"1","type":"complete"}"#)
                _ = await stage.upstream.statistics { $0.operations.now == 2 }
            }
        }

        @Test func `who was at a client topic hears of it though an equal topic came and went`() async throws {
            try await Stage.run([Stage.manual("other", bytes: 7)]) { configuration in
                configuration.demand.allowsAnySubscription = true
                configuration.demand.linger = .zero
            } _: { stage in
                let first = try await Peer.graphQL(stage)
                try await first.subscribe("1", Stage.manualDocument())
                _ = await stage.upstream.statistics { $0.operations.now == 2 }
                try await stage.reload { $0.topics.append(try Stage.manual()) }
                try await stage.reload { _ in }
                let second = try await Peer.graphQL(stage)
                try await second.subscribe("1", Stage.manualDocument())
                try await stage.metric("fanout_client_topics", reaches: 2)
                _ = await stage.upstream.statistics { $0.operations.now == 3 }
                await stage.upstream.emit(1)
                for peer in [first, second] { #expect(try await peer.number() == 1) }
                first.send(#"{"id":"1","type":"complete"}"#)
                try await stage.metric("fanout_client_topics", reaches: 1)
                await stage.upstream.emit(1)
                #expect(try await second.number() == 2)
            }
        }

        @Test func `who is over a lower limit of its subject stays`() async throws {
            let token = "alices-alices-alices-alices"
            let alices = try Self.authorizer("\(token) subject=alice")
            try await Stage.run([Stage.manual()]) { configuration in
                configuration.authorizer = alices
                configuration.admission.maximumPerSubject = 2
            } _: { stage in
                var peers: [Peer] = []
                for _ in 1...2 {
                    let peer = try stage.connect()
                    let headers = Loopback.bearer(token)
                    let answer = try await peer.upgrade(
                        "/graphql",
                        subprotocols: "graphql-transport-ws",
                        headers: headers
                    )
                    #expect(answer.status == 101)
                    try await peer.settle()
                    peers.append(peer)
                }
                try await stage.reload { configuration in
                    configuration.authorizer = try Self.authorizer("\(token) subject=alice")
                    configuration.admission.maximumPerSubject = 1
                }
                // What the handshake showed counts again with the first message.
                for peer in peers {
                    peer.send(#"{"type":"connection_init"}"#)
                    #expect(try await peer.text() == #"{"type":"connection_ack"}"#)
                }
                let late = try stage.connect()
                #expect(try await late.upgrade("/topics/m", headers: Loopback.bearer(token)).status == 429)
            }
        }

        @Test func `a cookie that stays keeps every origin out`() async throws {
            let token = String(repeating: "c", count: 20)
            func adjust(_ configuration: inout Configuration, _ cookieName: String?, _ origins: Set<String>) throws {
                let tokens = try StaticTokens(parsing: Array("\(token)\n".utf8))
                configuration.authorizer = Authorizer(
                    verifier: TokenVerifier(staticTokens: tokens),
                    cookieName: cookieName
                )
                configuration.admission.allowedOrigins = origins
            }
            try await Stage.run([Stage.manual()]) { configuration in
                do { try adjust(&configuration, "session", ["https://a.example"]) } catch { Issue.record(error) }
            } _: { stage in
                // The file names no cookie any more, and every origin: the cookie would stay until a restart.
                await #expect(throws: ConfigurationError.self) {
                    try await stage.reload { try adjust(&$0, nil, ["*"]) }
                }
                let headers = "Origin: https://evil.example\r\nCookie: session=\(token)\r\n"
                let stranger = try stage.connect()
                #expect(try await stranger.upgrade("/topics/m", headers: headers).status == 403)
                let outcome = try await stage.reload { try adjust(&$0, nil, ["https://b.example"]) }
                #expect(outcome.needsRestart == [.tokenCookie])
            }
        }

        @Test func `what can't be served changes nothing, and what needs a restart is named`() async throws {
            try await Stage.run([Stage.manual()]) { stage in
                let witness = try await Peer.plain(stage)
                await #expect(throws: TopicError.self) {
                    try await stage.reload { configuration in
                        configuration.topics += [try Stage.manual("new", bytes: 1), try Stage.manual()]
                        configuration.admission.maximumConnections = 1
                    }
                }
                await #expect(throws: ConfigurationError.self) { try await stage.reload { $0.topics = [] } }
                #expect(try await stage.get("/topics/new").status == 404)
                let outcome = try await stage.reload { configuration in
                    configuration.shards = 2
                    configuration.sendBuffer = 8192
                    configuration.allowsExecution = true
                    configuration.admission.maximumConnections = 1 << 20
                    configuration.namedQueries = [try NamedQuery(name: "q", document: "{ q }")]
                }
                #expect(
                    outcome
                        == Reload(needsRestart: [.shards, .sendBuffer, .execution, .maximumConnections, .queries])
                )
                #expect(try await stage.get("/queries/q").status == 404)
                await stage.upstream.emit(1)
                #expect(try await witness.number() == 1)
            }
        }

        @Test func `limits of connections, operations and subjects hold for those who come`() async throws {
            try await Stage.run([Stage.manual()]) { stage in
                let witness = try await Peer.graphQL(stage)
                for id in ["a", "b"] { try await witness.subscribe(id, Stage.manualDocument()) }
                try await stage.reload { $0.admission.maximumSubscriptions = 1 }
                let late = try await Peer.graphQL(stage)
                for id in ["a", "b"] { try await late.subscribe(id, Stage.manualDocument()) }
                #expect(try await late.text("error").hasPrefix(#"{"id":"b","type":"error""#))
                try await stage.reload { $0.admission.maximumConnections = 2 }
                #expect(try await stage.get("/healthz").status == 503)
                try await stage.reload { $0.admission.allowedOrigins = ["https://app.example"] }
                let origin = "Origin: https://app.example\r\n"
                #expect(try await stage.connect().upgrade("/topics/m", headers: origin).status == 101)
                try await stage.reload { _ in }
                #expect(try await stage.connect().upgrade("/topics/m", headers: origin).status == 403)
                await stage.upstream.emit(1)
                #expect(try await witness.texts(of: "b", through: #""n":1"#).count == 1)
            }
        }

        private static func authorizer(_ tokens: String...) throws -> Authorizer {
            let file = tokens.joined(separator: "\n")
            return Authorizer(verifier: TokenVerifier(staticTokens: try StaticTokens(parsing: Array(file.utf8))))
        }

        @Test func `a door is closed by a reload, exchanged, and never opened`() async throws {
            let (first, second) = ("first-first-first-first", "second-second-second-second")
            try await Stage.run([Stage.manual()]) { stage in
                let witness = try await Peer.plain(stage)
                try await stage.reload { $0.authorizer = try Self.authorizer(first) }
                #expect(try await stage.get("/topics").status == 401)
                let named = try stage.connect()
                #expect(try await named.upgrade("/topics/m", headers: Loopback.bearer(first)).status == 101)
                try await named.settle()
                try await stage.reload { $0.authorizer = try Self.authorizer(second) }
                for (token, status) in [(first, 401), (second, 200)] {
                    let answer = try await stage.connect().get("/topics", headers: Loopback.bearer(token))
                    #expect(answer.status == status)
                }
                let outcome = try await stage.reload { $0.authorizer = Authorizer() }
                #expect(outcome.needsRestart == [.credentials])
                #expect(try await stage.get("/topics").status == 401)
                await stage.upstream.emit(1)
                for peer in [witness, named] { #expect(try await peer.number() == 1) }
            }
        }

        @Test func `another hook is asked, and the former one still answers`() async throws {
            let answer = HTTPSource.Reply.answer(.json(#"{"allow":true}"#))
            try await HTTPSource.run({ _ in answer }) { former, formerURL in
                try await HTTPSource.run({ _ in answer }) { latter, latterURL in
                    func location(_ url: String) -> HookLocation {
                        var location = HookLocation(url: url)
                        location.cache.allowed = 0
                        return location
                    }
                    try await Stage.run([Stage.manual(snapshot: .last)]) { configuration in
                        configuration.authorizer = Authorizer(asksHook: true)
                        configuration.hook = location(formerURL)
                    } _: { stage in
                        let witness = try await Peer.plain(stage)
                        await former.requests(reach: 1)
                        try await stage.reload { configuration in
                            configuration.authorizer = Authorizer(asksHook: true)
                            configuration.hook = location(latterURL)
                        }
                        // Who leaves before the question is on its way isn't asked about.
                        let late = try await Peer.plain(stage)
                        _ = try await late.text("status")
                        await latter.requests(reach: 1)
                        #expect(await former.requests.count == 1)
                        await stage.upstream.emit(1)
                        // Its answer may be on its way still: then the event is there before it.
                        #expect(try await witness.number() == 1)
                    }
                }
            }
        }

        @Test func `documents and named queries come and go`() async throws {
            let query = try NamedQuery(name: "time", document: "{ serverTime }")
            try await Stage.run([Stage.manual()]) {
                $0.namedQueries = [query]
            } _: { stage in
                #expect(try await stage.get("/queries/time").status == 200)
                try await stage.reload { configuration in
                    configuration.namedQueries = [try NamedQuery(name: "again", document: "{ serverTime }")]
                    configuration.documents = [
                        try AllowedDocument(name: "own", document: Stage.manualDocument(bytes: 1))
                    ]
                }
                #expect(try await stage.get("/queries/time").status == 404)
                #expect(try await stage.get("/queries/again").status == 200)
                let peer = try await Peer.plain(stage, "/topics/own")
                _ = await stage.upstream.statistics { $0.operations.now == 2 }
                // Its client stays when the document goes.
                try await stage.reload { _ in }
                #expect(try await stage.get("/topics/own").status == 404)
                await stage.upstream.emit(1)
                #expect(try await peer.number() == 1)
            }
        }
    }
}

extension Shard {
    /// How many entries the history of each topic has, by slot.
    fileprivate var heldEntries: [Int] { topics.map(\.backlog.count) }
}
