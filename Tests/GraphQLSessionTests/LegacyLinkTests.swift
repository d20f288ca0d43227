import GraphQLTransport
import Testing
import WebSockets
import Wire

@testable import GraphQLSession

/// Links of the legacy subprotocol `graphql-ws`, as a client.
@Suite(.timeLimit(.minutes(1)))
struct LegacyLinkTests {
    @Test func `both subprotocols are offered, the legacy one last, and the order can be changed`() async throws {
        for order in [[Subprotocol.transport, .legacy], [.legacy, .transport]] {
            try await Stage.runBare {
                if order[0] == .legacy { $0.subprotocols = order }
            } _: { stage, server in
                await stage.session.start()
                let head = try await server.accept().receiveHead()
                let offer = try #require(
                    head.split(separator: "\r\n").first { $0.lowercased().hasPrefix("sec-websocket-protocol:") }
                )
                let names = offer.drop { $0 != ":" }.dropFirst().split(separator: ",").map { $0.filter { $0 != " " } }
                #expect(names == order.map(\.rawValue))
            }
        }
    }

    @Test func `L1 an operation starts with start, and its data and completion arrive`() async throws {
        try await run { stage, link in
            let subscription = try await stage.session.subscribe(GraphQLRequest(query: "subscription { n }"))
            let id = try await start(on: link)
            link.send([data(id, 1), data(id, 2), Wire.complete(id)])
            #expect(try await subscription.texts() == [Wire.payload(1), Wire.payload(2)])
        }
    }

    @Test func `L1 a query is executed, and its errors are thrown`() async throws {
        try await run { stage, link in
            let call = stage.execute("{ n }")
            let id = try await start(on: link)
            link.send([data(id, 5), Wire.complete(id)])
            #expect(try await call.value.text == Wire.payload(5))
        }
    }

    @Test func `a server that names no subprotocol speaks the legacy one`() async throws {
        try await Stage.runBare { stage, server in
            await stage.session.start()
            let link = try await server.upgrade(subprotocol: nil)
            #expect(try await link.receive().text == #"{"type":"connection_init"}"#)
            try await link.send(.text, Wire.acknowledgement)
            let call = stage.execute("{ n }")
            #expect(try await link.receive().text.contains(#""type":"start""#))
            await stage.session.close()
            await #expect(throws: SessionError.closed) { try await call.value }
        }
    }

    @Test(arguments: [
        (#"{"message":"no"}"#, #"[{"message":"no"}]"#),
        (#"[{"message":"no"}]"#, #"[{"message":"no"}]"#),
        (#"{"errors":[{"message":"no"}]}"#, #"[{"message":"no"}]"#),
        (
            #"{"code":7}"#,
            #"[{"message":"the server named no reason","extensions":{"payload":{"code":7}}}]"#
        ),
    ])
    func `L4 whatever a server sends as error becomes an array of errors`(
        payload: String,
        errors: String
    ) async throws {
        try await run { stage, link in
            let call = stage.execute("{ n }")
            link.send(Wire.error(try await start(on: link), payload))
            await #expect(throws: QueryError(errors: Array(errors.utf8))) { try await call.value }
            #expect(await stage.session.isConnected)
        }
    }

    @Test func `L5 letting go of a subscription stops it, and the server's completion says nothing new`() async throws {
        try await run { stage, link in
            let id: String
            do {
                let subscription = try await stage.session.subscribe(GraphQLRequest(query: "subscription { n }"))
                id = try await start(on: link)
                withExtendedLifetime(subscription) {}
            }
            #expect(await link.next() == .text(#"{"id":"\#(id)","type":"stop"}"#))
            link.send(Wire.complete(id))
            let call = stage.execute("{ n }")
            let next = try await start(on: link)
            link.send(data(next, 1))
            #expect(try await call.value.text == Wire.payload(1))
        }
    }

    @Test func `L7 a connection_error without an id ends the link, with its message, and the next one works`()
        async throws
    {
        try await Stage.run(serving: ["graphql-ws"]) {
            // A refused init counts like the close code 4403.
            $0.fatalPause = .milliseconds(1)
        } _: { stage, server in
            await stage.session.start()
            let first = try await server.nextLink()
            #expect(await first.next() == .text(#"{"type":"connection_init"}"#))
            first.send(#"{"type":"connection_error","payload":{"message":"who are you?"}}"#)
            #expect(await first.rest().closure?.code == 4403)
            let failure = LinkFailure.dropped(code: .forbidden, reason: "connection_error: who are you?")
            #expect(try await stage.nextFailure() == failure)
            _ = try await server.nextAcknowledgedLink()
            try await stage.session.connected()
        }
    }

    @Test func `L7 a connection_error on a live link ends it for its operations`() async throws {
        try await run { stage, link in
            let subscription = try await stage.session.subscribe(GraphQLRequest(query: "subscription { n }"))
            _ = try await start(on: link)
            link.send(#"{"type":"connection_error","payload":{"message":"overload"}}"#)
            let failure = LinkFailure.dropped(code: .badResponse, reason: "connection_error: overload")
            await #expect(throws: SessionError.linkLost(failure)) { try await subscription.texts() }
        }
    }

    @Test func `L8 errors in the data come with it, and the completion ends the operation`() async throws {
        try await run { stage, link in
            let subscription = try await stage.session.subscribe(GraphQLRequest(query: "subscription { n }"))
            let id = try await start(on: link)
            let payload = #"{"data":null,"errors":[{"message":"gone"}]}"#
            link.send([#"{"type":"data","id":"\#(id)","payload":\#(payload)}"#, Wire.complete(id)])
            #expect(try await subscription.texts() == [payload])
        }
    }

    @Test func `L1 closing says connection_terminate before the close frame`() async throws {
        try await run { stage, link in
            await stage.session.close()
            let (texts, closure) = await link.rest()
            #expect(texts == [#"{"type":"connection_terminate"}"#])
            #expect(closure?.code == 1000)
        }
    }

    @Test func `L2 a silent link is probed with a ping frame, before and after a ka`() async throws {
        var transcript = Transcript {
            $0.pingInterval = .seconds(10)
            $0.probe = .graphQL
        }
        transcript.expect([
            (0, .start, .dial), (0, .opened("graphql-ws"), .sendInit), (0, .acknowledgement, .acknowledged),
            (9.999, .tick, .none), (10, .tick, .probe), (11, .pong, .none), (12, .text(keepAlive), .none),
            (21.999, .tick, .none), (22, .tick, .probe),
        ])
    }

    @Test func `L2 the watchdog starts with the first ka, and pong frames don't feed it`() {
        var transcript = Transcript {
            $0.pingInterval = nil
            $0.keepAliveTimeout = .seconds(30)
        }
        let failure = LinkFailure.dropped(
            code: .terminated,
            reason: "no message within 30.0 seconds, though the server sends ka"
        )
        transcript.expect([
            (0, .start, .dial), (0, .opened("graphql-ws"), .sendInit), (0, .acknowledgement, .acknowledged),
            (3600, .tick, .none), (3601, .text(keepAlive), .none), (3630, .text(keepAlive), .none),
            (3659, .tick, .none), (3659, .pong, .none), (3660, .tick, .retry(failure, 1)),
        ])
    }

    private let keepAlive = #"{"type":"ka"}"#

    private func data(_ id: String, _ number: Int) -> String {
        #"{"type":"data","id":"\#(id)","payload":\#(Wire.payload(number))}"#
    }

    /// Runs `body` with a legacy link that is acknowledged, on both sides.
    private func run(_ body: (Stage, ServerLink) async throws -> Void) async throws {
        try await Stage.run(serving: ["graphql-ws"]) { stage, server in
            await stage.session.start()
            let link = try await server.nextAcknowledgedLink()
            // A ka follows at once (L2).
            link.send(keepAlive)
            try await stage.session.connected()
            try await body(stage, link)
        }
    }

    /// Reads up to the next `start` and gives its id; stops are passed over.
    private func start(on link: ServerLink) async throws -> String {
        while case .text(let text)? = await link.next() {
            if text.contains(#""type":"start""#), let id = text.split(separator: "\"").dropFirst(3).first {
                return String(id)
            }
            guard text.contains(#""type":"stop""#) else { throw Unexpected(what: "no start: \(text)") }
        }
        throw Unexpected(what: "the link has ended")
    }
}
