import AccessTokens
import FanoutRelay
import Testing

extension Loopback {
    /// Limits of one client, and of one subject.
    @Suite(.timeLimit(.minutes(1)))
    struct ClientLimitTests {
        private static let ann = "ann-ann-ann-ann-ann-ann"
        private static let tokens = """
            \(ann) subject=ann scopes=subscribe,admin
            annes-second-token-is-this subject=ann
            ben-ben-ben-ben-ben-ben subject=ben
            nobody-nobody-nobody-nobody topics=*
            """

        private static func metric(_ reason: String, _ stage: Stage, headers: String = "") async throws -> UInt64? {
            let answer = try await stage.connect().get("/metrics", headers: headers)
            return answer.body.number(after: "fanout_client_limits_total{reason=\"\(reason)\"} ")
        }

        @Test(arguments: ["graphql-transport-ws", "graphql-ws"])
        func `a client that sends too many messages is closed with 1008`(subprotocol: String) async throws {
            try await Stage.run([Stage.manual()]) {
                $0.admission.messageRate = 5
            } _: { stage in
                let peer = try await Peer.acknowledged(stage, subprotocol)
                let message = subprotocol == "graphql-ws" ? #"{"type":"stop","id":"1"}"# : #"{"type":"pong"}"#
                // They may come in two seconds of the clock, with five in each.
                for _ in 0..<11 { peer.send(message) }
                #expect(await peer.closing() == .close(1008, "more than 5 messages within a second"))
                #expect(try await Self.metric("message_rate", stage) == 1)
            }
        }

        @Test(arguments: ["graphql-transport-ws", "graphql-ws"])
        func `an operation too many within a second gets an error, and the client stays`(subprotocol: String)
            async throws
        {
            try await Stage.run([Stage.manual()]) {
                $0.admission.subscribeRate = 2
                $0.admission.maximumSubscriptions = 6
            } _: { stage in
                let peer = try await Peer.acknowledged(stage, subprotocol)
                _ = try await peer.text("connection_ack")
                if subprotocol == "graphql-ws" { _ = try await peer.text("ka") }
                let start = subprotocol == "graphql-ws" ? "start" : "subscribe"
                for id in 0..<5 {
                    peer.send(#"{"type":"\#(start)","id":"\#(id)","payload":{"query":"subscription { nothing }"}}"#)
                }
                var texts: [String] = []
                for _ in 0..<5 { texts.append(try await peer.text("error")) }
                // The others are refused as well, since nobody serves such a topic.
                let refused = texts.filter { $0.contains("more than 2 operations within a second") }.count
                #expect((1...3).contains(refused))
                #expect(try await Self.metric("subscribe_rate", stage) == UInt64(refused))
                try await peer.settle()
            }
        }

        @Test(arguments: ["graphql-transport-ws", "graphql-ws"])
        func `more operations than a client may have are counted`(subprotocol: String) async throws {
            try await Stage.run([Stage.manual()]) {
                $0.admission.maximumSubscriptions = 1
            } _: { stage in
                let peer = try await Peer.acknowledged(stage, subprotocol)
                _ = try await peer.text("connection_ack")
                if subprotocol == "graphql-ws" { _ = try await peer.text("ka") }
                let start = subprotocol == "graphql-ws" ? "start" : "subscribe"
                for id in 0..<2 {
                    peer.send(#"{"type":"\#(start)","id":"\#(id)","payload":{"query":"","operationName":"m"}}"#)
                }
                #expect(try await peer.text("error").contains("Too many subscriptions on this connection"))
                #expect(try await Self.metric("operations", stage) == 1)
            }
        }

        @Test(arguments: Transport.all)
        func `a subject's connections are limited over all its tokens, at every door`(transport: Transport)
            async throws
        {
            let tokens = try StaticTokens(parsing: Array(Self.tokens.utf8))
            try await Stage.run([Stage.manual()], over: transport, shards: 2) {
                $0.authorizer = Authorizer(verifier: TokenVerifier(staticTokens: tokens))
                $0.admission.maximumPerSubject = 2
            } _: { stage in
                let bearer: (String) -> String = { "Authorization: Bearer \($0)\r\n" }
                let (ann, second) = (bearer(Self.ann), bearer("annes-second-token-is-this"))
                let first = try stage.connect()
                #expect(try await first.upgrade("/topics/m", headers: ann).status == 101)
                try await first.settle()
                let stream = try stage.connect()
                let eventStream = "Accept: text/event-stream\r\n"
                _ = try await stream.openStream("GET", "/topics/m", second + eventStream)
                try await stream.greeting()
                // Now ann has two. Others are let in, and those whom no token names.
                let late = try await stage.connect().upgrade("/topics/m", headers: second)
                #expect(late.status == 429)
                #expect(late.head.lowercased().contains("\r\nretry-after: 5\r\n"))
                #expect(try await stage.connect().get("/topics/m", headers: ann + eventStream).status == 429)
                for token in ["ben-ben-ben-ben-ben-ben", "nobody-nobody-nobody-nobody", "nobody-nobody-nobody-nobody"] {
                    #expect(try await stage.connect().upgrade("/topics/m", headers: bearer(token)).status == 101)
                }
                let tardy = try stage.connect()
                #expect(try await tardy.upgrade("/graphql", subprotocols: "graphql-transport-ws").status == 101)
                tardy.send(#"{"type":"connection_init","payload":{"token":"\#(Self.ann)"}}"#)
                #expect(await tardy.closing() == .close(1013, "too many connections of your subject"))
                #expect(try await Self.metric("subject", stage, headers: ann) == 3)
                // Who leaves makes room.
                first.finishSending()
                _ = await first.closing()
                while try await stage.connect().upgrade("/topics/m", headers: ann).status != 101 {}
            }
        }
    }
}
