import GraphQLTransport
import Testing

@Suite struct SubprotocolTests {
    @Test(
        arguments: [
            ("graphql-transport-ws", [.transport, .legacy], .transport),
            ("graphql-ws", [.transport, .legacy], .legacy),
            ("graphql-ws", [.transport], nil), ("graphql-transport-ws", [.legacy], nil), ("mqtt", [.legacy], nil),
            ("", [.legacy], nil), (nil, [.transport], .transport), (nil, [.legacy], .legacy),
            (nil, [.transport, .legacy], .legacy), (nil, [.transport, .transport], .transport), (nil, [], nil),
        ] as [(String?, [Subprotocol], Subprotocol?)]
    )
    func `a server selects what was offered, or by silence the only one, or the legacy one`(
        _ answer: String?,
        _ offered: [Subprotocol],
        _ expected: Subprotocol?
    ) {
        #expect(Subprotocol(answer: answer, offered: offered) == expected)
    }

    @Test func `a server's machine of either subprotocol is small`() {
        // The id of one operation is among it: an array of one would take 64 bytes more.
        #expect(MemoryLayout<LegacyServerMachine>.size <= 38)
        #expect(MemoryLayout<ServerProtocol>.size <= 38)
        #expect(MemoryLayout<ServerProtocol?>.size <= 38)
    }

    /// What a server does with an action: a query is answered, `{b}` is refused, anything else runs.
    private func perform(
        _ action: ServerAction,
        _ server: inout ServerProtocol,
        _ running: inout [String]
    ) -> [[UInt8]] {
        switch action {
        case .none, .close: return []
        case .send(let message), .exceed(let message): return [message]
        case .initialise: return [server.acknowledge()].compactMap(\.self)
        case .subscribe(let id, let request):
            switch request.query {
            case "{a}":
                return server.answer(id: id, payload: #"{"data":1}"#.bytes).map { [$0.result, $0.complete] } ?? []
            case "{b}": return [server.reject(id: id, message: "no b")].compactMap(\.self)
            default: running.append(id)
            }
            return []
        case .complete(let id):
            running.removeAll { $0 == id }
            return []
        }
    }

    /// What the server sends after a message, follow-ups included.
    private func exchange(_ message: [UInt8], _ server: inout ServerProtocol, _ running: inout [String]) -> [[UInt8]] {
        var replies = perform(server.receive(message.span), &server, &running)
        while let next = server.followUp() { replies += perform(next, &server, &running) }
        return replies
    }

    @Test(arguments: Subprotocol.allCases)
    func `P15 both ends of a subprotocol understand each other`(_ subprotocol: Subprotocol) throws {
        var client = ClientMachine(subprotocol, initPayload: "{}".bytes)
        var server = ServerProtocol(subprotocol)
        var running: [String] = []

        var actions = exchange(client.opened(), &server, &running).map { client.receive($0.span) }
        #expect(
            actions == (subprotocol == .legacy ? [.acknowledged(payload: nil), .pong] : [.acknowledged(payload: nil)])
        )
        #expect(client.isAcknowledged)
        #expect(client.isKeptAlive == (subprotocol == .legacy))
        #expect((server.keepAlive() != nil) == (subprotocol == .legacy))
        #expect((client.ping() == nil) == (subprotocol == .legacy))

        let query = try #require(client.subscribe(id: 1, try GraphQLRequest(query: "{a}")))
        actions = exchange(query, &server, &running).map { client.receive($0.span) }
        guard case .next(1, _, false) = actions.first else {
            Issue.record("no result")
            return
        }
        #expect(actions.dropFirst() == [.completed(id: 1)])

        let invalid = try #require(client.subscribe(id: 2, try GraphQLRequest(query: "{b}")))
        let replies = exchange(invalid, &server, &running)
        #expect(replies.count == 1)
        let refusal = replies[0]
        guard case .failed(2, let range) = client.receive(refusal.span) else {
            Issue.record("not refused")
            return
        }
        #expect(GraphQLErrors.array(refusal.span, in: range).text == #"[{"message":"no b"}]"#)

        let subscription = try #require(client.subscribe(id: 3, try GraphQLRequest(query: "subscription {c}")))
        #expect(exchange(subscription, &server, &running) == [])
        #expect(running == ["3"] && server.isActive("3") && client.isActive(3))
        let event = server.resultPrefix(id: "3") + #"{"data":{"c":1}}"#.bytes + MessageWriter.nextSuffix
        guard case .next(3, _, false) = client.receive(event.span) else {
            Issue.record("no event")
            return
        }
        let stop = client.complete(id: 3)
        #expect(
            exchange(try #require(stop), &server, &running).map { client.receive($0.span) }.allSatisfy { $0 == .none }
        )
        #expect(running == [] && !server.isActive("3"))

        #expect((client.farewell() != nil) == (subprotocol == .legacy))
        #expect(client.close() == .close(.normalClosure, reason: "Normal Closure"))
    }

    @Test(arguments: Subprotocol.allCases)
    func `a failure while an operation runs ends it on both ends`(_ subprotocol: Subprotocol) throws {
        var client = ClientMachine(subprotocol)
        var server = ServerProtocol(subprotocol)
        var running: [String] = []
        for reply in exchange(client.opened(), &server, &running) { _ = client.receive(reply.span) }
        for id in 1...2 as ClosedRange<UInt64> {
            let start = try #require(client.subscribe(id: id, try GraphQLRequest(query: "subscription {c}")))
            #expect(exchange(start, &server, &running) == [])
        }
        var messages = [server.fail(id: "1", errors: #"[{"message":"gone"}]"#.bytes)].compactMap(\.self)
        #expect(messages.count == 1)
        while let next = server.followUp() { messages += perform(next, &server, &running) }
        for message in messages { _ = client.receive(message.span) }
        #expect(!client.isActive(1) && !server.isActive("1"))
        #expect(client.isActive(2) && server.isActive("2"))
        #expect(client.closed() == [2])
    }

    @Test(arguments: Subprotocol.allCases)
    func `the other calls reach either machine`(_ subprotocol: Subprotocol) throws {
        var late = ServerProtocol(subprotocol)
        guard case .close(.connectionInitialisationTimeout, _) = late.initialisationTimedOut() else {
            Issue.record("no timeout")
            return
        }
        var going = ServerProtocol(subprotocol)
        #expect(going.receivedBinary() != .none)
        var idle = ServerProtocol(subprotocol)
        #expect(idle.finish(id: "1") == nil)
        #expect(idle.fail(id: "1", errors: "[{}]".bytes) == nil)
        #expect(idle.reject(id: "1", errors: "[{}]".bytes) == nil)
        var unanswered = ClientMachine(subprotocol)
        _ = unanswered.opened()
        guard case .close(.connectionAcknowledgementTimeout, _) = unanswered.acknowledgementTimedOut() else {
            Issue.record("no timeout")
            return
        }
        var binary = ClientMachine(subprotocol)
        _ = binary.opened()
        let bytes: [UInt8] = [0]
        guard case .close(.badResponse, _) = binary.receive(bytes.span, as: .binary) else {
            Issue.record("not closed")
            return
        }
        var attributed = ClientMachine(subprotocol)
        _ = attributed.opened()
        let text = #"{"type":"connection_ack"}"#.bytes
        _ = attributed.receive(text.span, as: .text)
        _ = attributed.subscribe(id: 1, try GraphQLRequest(query: "{a}"))
        let name = subprotocol == .transport ? "next" : "data"
        let result = "{\"id\":\"1\",\"type\":\"\(name)\",\"payload\":{}}".bytes
        guard case .misfit(id: 1, .binary, reply: _?) = attributed.receive(result.span, as: .binary) else {
            Issue.record("its operation isn't ended")
            return
        }
        #expect(attributed.isAcknowledged)
    }
}
