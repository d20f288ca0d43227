import AccessTokens
import AllowedDocuments
import FanoutRelay
import Testing

extension Loopback {
    /// Documents that clients may bring, whose variables their tokens say.
    @Suite(.timeLimit(.minutes(1)))
    struct BoundDocumentTests {
        private static let own = Stage.userToken(1)
        private static let query = OrdersUpstream.orders.replacing("\n", with: "\\n")
        private static let json = "Content-Type: application/json\r\n"

        private static func bearer(_ token: String = own) -> String { "Authorization: Bearer \(token)\r\n" }

        private static func subscribe(_ peer: Peer, _ id: String = "1", _ members: String = "") {
            peer.send(#"{"id":"\#(id)","type":"subscribe","payload":{"query":"\#(query)"\#(members)}}"#)
        }

        @Test(arguments: ["graphql-transport-ws", "graphql-ws"])
        func `no way of asking gives a client another's events`(subprotocol: String) async throws {
            let isLegacy = subprotocol == "graphql-ws"
            try await Stage.orders { stage, upstream in
                let victim = try await stage.user(Stage.userToken(2))
                Self.subscribe(victim)
                await upstream.runs(1)
                let attacker = try await stage.user(Self.own, legacy: isLegacy)
                for (number, attempt) in BoundAttempt.all.enumerated() {
                    let payload = attempt.payload(of: "u1", for: "u2")
                    attacker.send(
                        #"{"id":"\#(number)","type":"\#(isLegacy ? "start" : "subscribe")","payload":\#(payload)}"#
                    )
                    let answer = try await attacker.text()
                    #expect(answer.contains(#""id":"\#(number)""#), "\(attempt): \(answer)")
                    #expect(answer.contains(#""type":"error""#), "\(attempt): \(answer)")
                    #expect(!answer.contains("u2"), "\(attempt): \(answer)")
                }
                await upstream.emit()
                #expect(try await victim.order() == ("u2", 1))
                #expect(await upstream.requests.count == 1)
                // Nothing else has come.
                try await attacker.settle()
                #expect(attacker.pending.isEmpty)
            }
        }

        @Test func `so it is over HTTP`() async throws {
            try await Stage.orders { stage, upstream in
                let victim = try await stage.user(Stage.userToken(2))
                Self.subscribe(victim)
                await upstream.runs(1)
                let other = "%7B%22userId%22:%22u2%22%7D"
                let orders = "subscription%20Orders(%24userId:ID!)%7Borders(userId:%24userId)%7BuserId%20n%7D%7D"
                let me = "query%20Me(%24userId:ID!)%7Bme(userId:%24userId)%7D"
                for (path, headers, status) in [
                    ("/topics/orders?variables=\(other)", "Accept: text/event-stream\r\n", 403),
                    ("/topics/orders?variables=%5B%5D", "Accept: text/event-stream\r\n", 400),
                    ("/graphql?query=\(orders)&variables=\(other)", "Accept: text/event-stream\r\n", 200),
                    ("/graphql?query=\(me)&variables=\(other)", "Accept: text/event-stream\r\n", 200),
                    ("/graphql?query=\(me)&variables=\(other)", "", 403), ("/queries/me?userId=u2", "", 403),
                    ("/queries/me?userId=u1&userId=u2", "", 400), ("/queries/me?id=u2", "", 400),
                    ("/queries/orders", "", 404), ("/queries/cancel?order=1", "", 404), ("/topics/me", "", 404),
                ] {
                    let answer = try await stage.connect().get(path, headers: Self.bearer() + headers)
                    #expect(answer.status == status, "\(path) \(answer.head)")
                    guard status != 404 else { continue }
                    let isRefused = answer.body.contains("errors") || status != 200
                    #expect(isRefused && !answer.body.contains("u2"), "\(path) \(answer.body)")
                }
                for attempt in BoundAttempt.all {
                    for accept in ["", "Accept: text/event-stream\r\n"] {
                        let body = attempt.payload(of: "u1", for: "u2")
                        let headers = Self.bearer() + Self.json + accept
                        let answer = try await stage.connect().post("/graphql", body, headers: headers)
                        #expect(answer.body.contains("errors"), "\(attempt): \(answer.body)")
                        #expect(!answer.body.contains("u2"), "\(attempt): \(answer.body)")
                    }
                }
                let upgrade = try await stage.connect()
                    .upgrade("/topics/orders?variables=\(other)", headers: Self.bearer())
                #expect(upgrade.status == 403)
                await upstream.emit()
                #expect(try await victim.order() == ("u2", 1))
                #expect(await upstream.requests.count == 1)
            }
        }

        @Test func `tabs of a user share one operation, whichever door they take`() async throws {
            try await Stage.orders { stage, upstream in
                let first = try await stage.user(Self.own)
                Self.subscribe(first)
                let second = try await stage.user(Self.own, legacy: true)
                second.send(
                    #"{"id":"1","type":"start","payload":{"query":"\#(Self.query)","variables":{"userId":"\u00751"}}}"#
                )
                let third = try await Peer.stream(stage, "/topics/orders", headers: "Cookie: session=\(Self.own)\r\n")
                let fourth = try stage.connect()
                #expect(try await fourth.upgrade("/topics/orders?format=payload", headers: Self.bearer()).status == 101)
                try await second.settle()
                try await fourth.settle()
                #expect(try await third.event("status").data?.contains(#""topic":"orders""#) == true)
                await upstream.emit()
                for peer in [first, second, fourth] { #expect(try await peer.order() == ("u1", 1)) }
                let event = try await third.event()
                #expect(event.data?.contains(#""topic":"orders""#) == true)
                #expect(Peer.order(in: event.data ?? "")?.user == "u1")
                #expect(await upstream.requests.map(\.variables) == [#"{"userId":"u1"}"#])
                #expect(await upstream.requests.map(\.query) == [OrdersUpstream.orders])
            }
        }

        @Test func `another's resume token is answered with a gap, and events of one's own`() async throws {
            try await Stage.orders { stage, upstream in
                let victim = try await stage.user(Stage.userToken(2), tokens: true)
                Self.subscribe(victim)
                let opening = try await victim.text("next")
                let token = String(opening.drop { $0 != ":" }.split(separator: #""token":""#)[1].prefix { $0 != "\"" })
                await upstream.runs(1)
                await upstream.emit()
                await upstream.emit()
                _ = try await victim.order()
                let attacker = try await stage.user(Self.own, tokens: true)
                Self.subscribe(attacker, "1", #","extensions":{"relay":{"after":"\#(token)"}}"#)
                #expect(try await attacker.text().contains(#""gap""#))
                let plain = try stage.connect()
                #expect(try await plain.upgrade("/topics/orders?after=\(token)", headers: Self.bearer()).status == 101)
                #expect(try await plain.text("gap").contains("the epoch is over"))
                let last = "Last-Event-ID: \(token)\r\n"
                let stream = try await Peer.stream(stage, "/topics/orders", headers: Self.bearer() + last)
                #expect(try await stream.event("gap").data?.contains("the epoch is over") == true)
                await upstream.runs(2)
                await upstream.emit()
                #expect(try await attacker.order() == ("u1", 3))
                #expect(try await plain.order() == ("u1", 3))
                #expect(Peer.order(in: try await stream.event().data ?? "")?.user == "u1")
            }
        }

        @Test(arguments: [
            (#""sub":"u7""#, #"{"userId":"u7"}"#), (#""sub":"\u0075\u0037""#, #"{"userId":"u7"}"#),
            ("", "lacks the claim"), (#""sub":"""#, "lacks the claim"),
        ])
        func `the claim of a token is the variable, or there is nothing`(claims: String, expected: String) async throws
        {
            try await Stage.orders { stage, upstream in
                let peer = try await stage.user(try TestToken.make(claims))
                Self.subscribe(peer)
                if expected.hasPrefix("{") {
                    await upstream.runs(1)
                    #expect(await upstream.requests.map(\.variables) == [expected])
                } else {
                    #expect(try await peer.text("error").contains(expected))
                    #expect(await upstream.requests.isEmpty)
                }
            }
        }

        @Test(arguments: [
            ("null", "lacks the claim"), (#""""#, "lacks the claim"), (#""eu""#, nil), ("7", nil), ("7.5", nil),
            ("true", nil),
            ("[\"eu\"]", "is of another type"), (#"{"a":"eu"}"#, "is of another type"),
        ])
        func `a claim within an object, of each type of JSON`(claim: String, problem: String?) async throws {
            try await Stage.orders { stage, upstream in
                let token = try TestToken.make(#""app":{"region":\#(claim)}"#)
                let peer = try await stage.user(token)
                peer.send(#"{"id":"1","type":"subscribe","payload":{"query":"\#(OrdersUpstream.one)"}}"#)
                guard let problem else {
                    await upstream.runs(1)
                    return #expect(await upstream.requests.map(\.variables) == [#"{"region":\#(claim)}"#])
                }
                #expect(try await peer.text("error").contains(problem))
                let plain = try await stage.connect().upgrade("/topics/one", headers: Self.bearer(token))
                #expect(plain.status == 403 && plain.body.contains(problem))
                #expect(await upstream.requests.isEmpty)
            }
        }

        @Test func `queries and mutations run with the variables of the token, by every door`() async throws {
            try await Stage.orders { stage, upstream in
                let peer = try await stage.user(Self.own)
                peer.send(#"{"id":"1","type":"subscribe","payload":{"query":"\#(OrdersUpstream.me)"}}"#)
                #expect(try await peer.text("next").contains(#""answer":"u1""#))
                _ = try await peer.text("complete")
                peer.send(
                    #"{"id":"2","type":"subscribe","payload":{"query":"\#(OrdersUpstream.cancel)","variables":{"order":5}}}"#
                )
                #expect(try await peer.text("next").contains(#""answer":"u1""#))
                let headers = Self.bearer() + Self.json
                let post = try await stage.connect()
                    .post("/graphql", #"{"query":"\#(OrdersUpstream.me)"}"#, headers: headers)
                #expect(post.status == 200 && post.body.contains(#""answer":"u1""#), "\(post.body)")
                let hash = SHA256Hash.hexadecimal(of: Array(OrdersUpstream.cancel.utf8))
                let persisted = #"{"version":1,"sha256Hash":"\#(String(decoding: hash, as: UTF8.self))"}"#
                let extensions = #""extensions":{"persistedQuery":\#(persisted)}"#
                let mutation = try await stage.connect()
                    .post("/graphql", #"{"variables":{"order":6},\#(extensions)}"#, headers: headers)
                #expect(mutation.status == 200 && mutation.body.contains(#""answer":"u1""#), "\(mutation.body)")
                for path in [
                    "/queries/me", "/queries/me?userId=u1",
                    "/graphql?query=query%20Me(%24userId:ID!)%7Bme(userId:%24userId)%7D",
                ] {
                    let answer = try await stage.connect().get(path, headers: Self.bearer())
                    #expect(answer.status == 200 && answer.body.contains(#""answer":"u1""#), "\(path) \(answer.body)")
                }
                let stream = try await stage.connect().post(
                    "/graphql",
                    #"{"query":"\#(OrdersUpstream.me)"}"#,
                    headers: headers + "Accept: text/event-stream\r\n"
                )
                #expect(stream.body.hasPrefix("event: next\ndata: ") && stream.body.contains(#""answer":"u1""#))
                #expect(
                    Set(await upstream.requests.map(\.variables)) == [
                        #"{"userId":"u1"}"#, #"{"userId":"u1","order":5}"#, #"{"userId":"u1","order":6}"#,
                    ]
                )
            }
        }

        @Test func `a document is for who has its scope and its name`() async throws {
            try await Stage.orders { stage, upstream in
                let reader = try TestToken.make(#""sub":"u1","topics":["ord*"]"#)
                let runner = try TestToken.make(#""sub":"u1","scope":"execute own","topics":["me"]"#)
                let owner = try TestToken.make(#""sub":"u1","scope":"own subscribe","topics":["me"]"#)
                for (token, query, words) in [
                    (reader, OrdersUpstream.me, "the scope 'execute'"),
                    (reader, OrdersUpstream.one, "isn't for this topic"),
                    (runner, OrdersUpstream.orders, "the scope 'subscribe'"),
                    (runner, OrdersUpstream.cancel, "isn't for this topic"),
                    (owner, OrdersUpstream.orders, "isn't for this topic"),
                    (owner, "subscription { x }", "no topic of this relay"),
                ] {
                    let peer = try await stage.user(token)
                    let text = query.replacing("\n", with: "\\n")
                    peer.send(#"{"id":"1","type":"subscribe","payload":{"query":"\#(text)"}}"#)
                    #expect(try await peer.text("error").contains(words), "\(query)")
                }
                let listener = try await stage.user(reader)
                Self.subscribe(listener)
                await upstream.runs(1)
                // A topic of somebody's own can't be joined by who may have topics of their own, where none are
                // allowed.
                let peer = try await stage.user(owner)
                Self.subscribe(peer, "1", #","variables":{"userId":"u1"}"#)
                #expect(try await peer.text("error").contains("isn't for this topic"))
                for (token, expected) in [(reader, true), (runner, false)] {
                    let list = try await stage.connect().get("/topics", headers: Self.bearer(token)).body
                    #expect(list.contains(#""orders""#) == expected)
                }
                #expect(await upstream.requests.count == 1)
            }
        }

        @Test func `clients of a path end with the operation, and may come back`() async throws {
            try await Stage.orders { stage, upstream in
                let plain = try stage.connect()
                #expect(try await plain.upgrade("/topics/orders", headers: Self.bearer()).status == 101)
                let stream = try await Peer.stream(stage, "/topics/orders", headers: Self.bearer())
                let other = try await Peer.stream(stage, "/topics/orders", headers: Self.bearer(Stage.userToken(2)))
                await upstream.runs(2)
                await upstream.emit()
                #expect(try await plain.order() == ("u1", 1))
                #expect(Peer.order(in: try await stream.event().data ?? "")?.user == "u1")
                await upstream.complete("u1")
                #expect(await plain.closing() == .close(1000, "The operation has ended"))
                _ = await stream.textToEnd()
                let again = try stage.connect()
                #expect(try await again.upgrade("/topics/orders", headers: Self.bearer()).status == 101)
                await upstream.runs(2)
                await upstream.emit()
                #expect(try await again.order() == ("u1", 2))
                #expect(Peer.order(in: try await other.event().data ?? "")?.user == "u2")
            }
        }

        @Test func `refusals are counted by reason`() async throws {
            let verifier = try TestToken.verifier(
                "\(Self.own) subject=u1 scopes=subscribe,execute,admin",
                keeping: ["sub", "app.region"]
            )
            try await Stage.orders {
                $0.authorizer = Authorizer(verifier: verifier)
            } _: { stage, _ in
                let peer = try await stage.user(Self.own)
                for (id, members) in [("1", #","variables":{"userId":"u2"}"#), ("2", #","variables":{"x":1}"#)] {
                    Self.subscribe(peer, id, members)
                    _ = try await peer.text("error")
                }
                _ = try await stage.connect().get(
                    "/topics/one",
                    headers: Self.bearer() + "Accept: text/event-stream\r\n"
                )
                let metrics = try await stage.connect().get("/metrics", headers: Self.bearer()).body
                for reason in ["variable_mismatch", "unknown_variable", "claim_missing"] {
                    #expect(metrics.contains(#"fanout_documents_refused_total{reason="\#(reason)"} 1"#), "\(reason)")
                }
                #expect(metrics.contains(#"fanout_documents_refused_total{reason="claim_type"} 0"#))
            }
        }
    }
}
