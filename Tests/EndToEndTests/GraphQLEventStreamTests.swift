import DemoUpstream
import Fanout
import FanoutRelay
import Testing

extension Loopback {
    /// GraphQL over SSE at `/graphql`, distinct connections mode.
    @Suite(.timeLimit(.minutes(1)))
    struct GraphQLEventStreamTests {
        private static let json = "Content-Type: application/json\r\n"
        private static let subscription = #"{"query":"subscription { manual { n } }"}"#

        @Test(arguments: Transport.all)
        func `S1 a subscription is joined by POST and by GET, without leave to execute`(transport: Transport)
            async throws
        {
            try await Stage.run([Stage.manual()], over: transport) { stage in
                let posted = try stage.connect()
                let got = try stage.connect()
                let heads = [
                    try await posted.openStream("POST", "/graphql", Self.json, Self.subscription),
                    try await got.openStream("GET", "/graphql?query=subscription%20%7B%20manual%20%7B%20n%20%7D%20%7D"),
                ]
                for head in heads {
                    #expect(head.hasPrefix("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"))
                }
                try await stage.metric("fanout_subscriptions", reaches: 2)
                await stage.upstream.emit(3)
                for peer in [posted, got] {
                    for number in 1...3 {
                        let event = try await peer.event("next")
                        #expect(event.data == #"{"data":{"manual":{"n":\#(number)}}}"#)
                        #expect(event.id == nil)
                    }
                }
                #expect(await stage.upstream.statistics { _ in true }.operations.total == 1)
            }
        }

        @Test(arguments: Transport.all)
        func `S1 a client that goes leaves its topic`(transport: Transport) async throws {
            try await Stage.run([Stage.manual()], over: transport) { stage in
                var peer: Peer? = try stage.connect()
                _ = try await peer?.openStream("POST", "/graphql", Self.json, Self.subscription)
                try await stage.metric("fanout_subscriptions", reaches: 1)
                peer = nil
                try await stage.metric("fanout_subscriptions", reaches: 0)
            }
        }

        @Test(arguments: Transport.all)
        func `S1 an operation that joins no topic has its errors and its end as events`(transport: Transport)
            async throws
        {
            try await Stage.run([Stage.manual()], over: transport) { stage in
                let peer = try stage.connect()
                for _ in 0..<2 {
                    let body = #"{"query":"subscription { other }"}"#
                    let answer = try await peer.post(
                        "/graphql",
                        body,
                        headers: Self.json + "Accept: text/event-stream\r\n"
                    )
                    #expect(answer.status == 200)
                    #expect(answer.body.hasPrefix("event: next\ndata: {\"errors\":[{\"message\":\"no topic"))
                    #expect(answer.body.hasSuffix("\n\nevent: complete\ndata:\n\n"))
                }
            }
        }

        @Test(arguments: Transport.all)
        func `S1 an operation that the upstream ends is completed, and its stream ends`(transport: Transport)
            async throws
        {
            try await Stage.run([Stage.manual()], over: transport) { configuration in
                configuration.demand.allowsAnySubscription = true
            } _: { stage in
                let peer = try stage.connect()
                let body = #"{"query":"subscription { countdown(from: 2, intervalMs: 1) }"}"#
                _ = try await peer.openStream("POST", "/graphql", Self.json, body)
                for number in [2, 1, 0] {
                    #expect(try await peer.event("next").data == #"{"data":{"countdown":\#(number)}}"#)
                }
                #expect(try await peer.event("complete").data == "")
                #expect(await peer.textToEnd() == "")
            }
        }

        @Test(arguments: Transport.all)
        func `S1 an operation that the upstream refuses has its errors as events`(transport: Transport) async throws {
            try await Stage.run([Stage.manual()], over: transport) { configuration in
                configuration.demand.allowsAnySubscription = true
            } _: { stage in
                let peer = try stage.connect()
                _ = try await peer.openStream("POST", "/graphql", Self.json, #"{"query":"subscription { failing }"}"#)
                #expect(try await peer.event("next").data?.hasPrefix(#"{"errors":[{"message":""#) == true)
                #expect(try await peer.event("complete").data == "")
            }
        }

        @Test(arguments: Transport.all, [false, true])
        func `a query as events is executed where that is allowed`(transport: Transport, isAllowed: Bool) async throws {
            try await Stage.run([Stage.manual()], over: transport) { configuration in
                configuration.allowsExecution = isAllowed
            } _: { stage in
                try await stage.readiness(becomes: 200)
                let headers = Self.json + "Accept: text/event-stream\r\n"
                let peer = try stage.connect()
                let answer = try await peer.post("/graphql", #"{"query":"{ serverTime }"}"#, headers: headers)
                #expect(answer.status == (isAllowed ? 200 : 404))
                if isAllowed {
                    #expect(answer.body.hasPrefix("event: next\ndata: {\"data\":{\"serverTime\":"))
                    #expect(answer.body.hasSuffix("\n\nevent: complete\ndata:\n\n"))
                }
                // Who takes JSON too gets that, as clients that send one Accept for all operations expect.
                let both = Self.json + "Accept: application/json, text/event-stream\r\n"
                let plain = try await peer.post("/graphql", #"{"query":"{ serverTime }"}"#, headers: both)
                #expect(plain.head.contains("Content-Type: application/json\r\n"))
                #expect(plain.status == (isAllowed ? 200 : 404))
            }
        }

        @Test(arguments: Transport.all)
        func `S3 comments come between the events, as a sign of life`(transport: Transport) async throws {
            try await Stage.run([Stage.manual()], over: transport) { configuration in
                configuration.admission.pingInterval = .milliseconds(100)
            } _: { stage in
                let peer = try stage.connect()
                _ = try await peer.openStream("POST", "/graphql", Self.json, Self.subscription)
                try await stage.metric("fanout_subscriptions", reaches: 1)
                for number in 1...2 {
                    _ = try await peer.text(through: "\n:\n\n")
                    await stage.upstream.emit(1)
                    #expect(try await peer.event("next").data == #"{"data":{"manual":{"n":\#(number)}}}"#)
                }
            }
        }

        @Test(arguments: Transport.all)
        func `S4 a stream that breaks off has no complete, and who asks again is served each time`(
            transport: Transport
        )
            async throws
        {
            try await Stage.run([Stage.manual()], over: transport) { stage in
                // Once, and five times more, as the reference client does.
                for number in 1...6 {
                    let peer = try stage.connect()
                    let head = try await peer.openStream("POST", "/graphql", Self.json, Self.subscription)
                    #expect(head.hasPrefix("HTTP/1.1 200 OK\r\n"))
                    try await stage.metric("fanout_subscriptions", reaches: 1)
                    await stage.upstream.emit(1)
                    #expect(try await peer.event("next").data == #"{"data":{"manual":{"n":\#(number)}}}"#)
                    // The relay cuts off a reader that sends more.
                    peer.send(raw: Array("x".utf8))
                    #expect(await !peer.textToEnd().contains("complete"))
                    try await stage.metric("fanout_subscriptions", reaches: 0)
                }
                #expect(await stage.upstream.statistics { _ in true }.operations.total == 1)
            }
        }

        @Test(arguments: Transport.all)
        func `S2 single connection mode is refused in words`(transport: Transport) async throws {
            try await Stage.run([Stage.manual()], over: transport) { stage in
                let reserving = try await stage.connect().ask("PUT", "/graphql", "Content-Length: 0\r\n")
                #expect(reserving.status == 405)
                #expect(reserving.body.contains("distinct connections mode"))
                let peer = try stage.connect()
                let reading = try await peer.get("/graphql?token=x", headers: "Accept: text/event-stream\r\n")
                #expect(reading.status == 400)
                #expect(reading.body.contains("distinct connections mode"))
            }
        }
    }
}
