import GraphQLTransport
import Testing

/// How large what a client of `graphql-transport-ws` sends may be, and what may stand in it.
@Suite struct ClientInputTests {
    /// A machine whose client was let in.
    private func acknowledged() -> ServerMachine {
        var machine = ServerMachine()
        #expect(machine.receive(#"{"type":"connection_init"}"#) == .initialise(payload: nil))
        #expect(machine.acknowledge() != nil)
        return machine
    }

    @Test func `P9 a ping's payload is sent back up to 64 KiB`() {
        for size in [65_536, 65_537] {
            var machine = ServerMachine()
            let payload = #"{"p":""# + String(repeating: "x", count: size - 8) + #""}"#
            let action = machine.receive("{\"type\":\"ping\",\"payload\":\(payload)}")
            if size == 65_536 {
                #expect(action == .send("{\"type\":\"pong\",\"payload\":\(payload)}".bytes))
            } else {
                #expect(action == .close(.badRequest, reason: "Invalid message received: invalid payload of ping"))
            }
        }
    }

    @Test(arguments: [1024, 1025])
    func `an id has up to 1 KiB of UTF-8, however it is spelt`(size: Int) {
        let long = String(repeating: "x", count: size - 2)
        for id in [long + "xx", long + "é", long + "\\u00e9", "\\u0078" + long + "x"] {
            var machine = acknowledged()
            if case .subscribe = machine.receive(
                "{\"id\":\"\(id)\",\"type\":\"subscribe\",\"payload\":{\"query\":\"{a}\"}}"
            ) {
                #expect(size == 1024)
                #expect(machine.activeIDs[0].utf8.count == size)
                #expect(machine.receive("{\"id\":\"\(id)\",\"type\":\"complete\"}") != .none)
            } else {
                #expect(size == 1025)
                #expect(!machine.isAcknowledged)
            }
        }
    }

    /// Requests with half a surrogate pair in one of their members.
    static let loneSurrogates = [
        ("query", #"{"query":"subscription { a(s: \"\ud83d\") }"}"#),
        ("query", #"{"query":"subscription { a } # \udc00\ud83d"}"#),
        ("operationName", #"{"query":"subscription A { a }","operationName":"A\ud83d"}"#),
        ("variables", #"{"query":"subscription { a }","variables":{"v":[{"w":"\uDBFFx"}]}}"#),
        ("variables", #"{"query":"subscription { a }","variables":{"\uDBFF":1}}"#),
    ]

    @Test(arguments: loneSurrogates)
    func `half a surrogate pair fails its operation, and leaves the others alone`(_ member: String, _ payload: String) {
        var machine = acknowledged()
        let action = machine.receive(#"{"id":"1","type":"subscribe","payload":\#(payload)}"#)
        let message = GraphQLRequest.loneSurrogate(in: member)
        #expect(message.hasPrefix("\(member) has a lone surrogate"))
        #expect(action == .send(MessageWriter.error(id: "1", message: message)))
        #expect(machine.activeIDs.isEmpty)
        #expect(machine.isAcknowledged)
    }

    @Test func `whole surrogate pairs, and halves that are escaped themselves, are text`() {
        var machine = acknowledged()
        let payload =
            #"{"query":"{ a } # \ud83d\ude00 \\ud83d","variables":{"v":"\\\ud83d\ude00\\udc00"},"extensions":{}}"#
        guard case .subscribe = machine.receive(#"{"id":"1","type":"subscribe","payload":\#(payload)}"#) else {
            Issue.record("refused")
            return
        }
    }
}
