import GraphQLTransport
import TestSupport
import Testing

@Suite struct ServerMachineTests {
    private static let subscribe = #"{"id":"1","type":"subscribe","payload":{"query":"{a}"}}"#

    /// A machine whose client was let in.
    private func acknowledged(_ limits: ServerMachine.Limits = .init()) -> ServerMachine {
        var machine = ServerMachine(limits: limits)
        #expect(machine.receive(#"{"type":"connection_init"}"#) == .initialise(payload: nil))
        #expect(machine.acknowledge() != nil)
        return machine
    }

    /// A `subscribe` with an id in JSON's own spelling.
    private func subscribe(_ id: String) -> String {
        "{\"id\":\"\(id)\",\"type\":\"subscribe\",\"payload\":{\"query\":\"{a}\"}}"
    }

    private func complete(_ id: String) -> String { "{\"id\":\"\(id)\",\"type\":\"complete\"}" }

    @Test func `P3 no connection_init in time closes 4408`() {
        var machine = ServerMachine()
        #expect(machine.receive(#"{"type":"ping"}"#) == .send(MessageWriter.pong()))
        let expected = ServerAction.close(.connectionInitialisationTimeout, reason: "Connection initialisation timeout")
        #expect(machine.initialisationTimedOut() == expected)
        #expect(machine.receive(#"{"type":"connection_init"}"#) == .none)
        #expect(machine.initialisationTimedOut() == .none)
    }

    @Test func `P3 the timer means nothing once connection_init was received, even before the answer`() {
        var machine = ServerMachine()
        _ = machine.receive(#"{"type":"connection_init"}"#)
        #expect(machine.initialisationTimedOut() == .none)
        #expect(machine.acknowledge() != nil)
        #expect(machine.initialisationTimedOut() == .none)
        #expect(machine.isAcknowledged)
    }

    @Test(arguments: [false, true])
    func `P4 a second connection_init closes 4429, even before the ack`(_ afterAck: Bool) {
        var machine = ServerMachine()
        _ = machine.receive(#"{"type":"connection_init"}"#)
        if afterAck { _ = machine.acknowledge() }
        let expected = ServerAction.close(.tooManyInitialisationRequests, reason: "Too many initialisation requests")
        #expect(machine.receive(#"{"type":"connection_init"}"#) == expected)
        #expect(machine.acknowledge() == nil)
        #expect(machine.refuse() == .none)
    }

    @Test func `P5 a refused client is closed 4403`() {
        var machine = ServerMachine()
        #expect(machine.refuse() == .none)
        _ = machine.receive(#"{"type":"connection_init","payload":{"token":"x"}}"#)
        #expect(machine.refuse() == .close(.forbidden, reason: "Forbidden"))
        #expect(machine.acknowledge() == nil)
        #expect(machine.receive(Self.subscribe) == .none)
    }

    @Test func `P6 the ack is sent once, with a payload only if there is one`() {
        var plain = ServerMachine()
        #expect(plain.acknowledge() == nil)
        _ = plain.receive(#"{"type":"connection_init"}"#)
        #expect(plain.acknowledge()?.text == #"{"type":"connection_ack"}"#)
        #expect(plain.acknowledge() == nil)

        var loaded = ServerMachine()
        let bytes = #"{"type":"connection_init","payload":{"a":1}}"#.bytes
        guard case .initialise(let payload?) = loaded.receive(bytes.span) else {
            Issue.record("no payload")
            return
        }
        #expect(bytes.text(payload) == #"{"a":1}"#)
        #expect(loaded.acknowledge(payload: #"{"b":2}"#.bytes)?.text == #"{"type":"connection_ack","payload":{"b":2}}"#)
    }

    @Test(arguments: [false, true])
    func `P7 subscribe before the ack closes 4401`(_ afterInit: Bool) {
        var machine = ServerMachine()
        if afterInit { _ = machine.receive(#"{"type":"connection_init"}"#) }
        #expect(machine.receive(Self.subscribe) == .close(.unauthorized, reason: "Unauthorized"))
        #expect(!machine.isActive("1"))
    }

    @Test(arguments: [
        "", "x", "{", "[]", "\"ping\"", "null", "{}", #"{"type":null}"#, #"{"type":1}"#, #"{"type":"start"}"#,
        #"{"type":"connection_ack"}"#, #"{"type":"next","id":"1","payload":{"data":{}}}"#,
        #"{"type":"error","id":"1","payload":[{"message":"m"}]}"#,
        #"{"type":"connection_init","payload":[]}"#, #"{"type":"connection_init","payload":"x"}"#,
        #"{"type":"ping","payload":1}"#, #"{"type":"pong","payload":true}"#,
        #"{"type":"subscribe","payload":{"query":"{a}"}}"#, #"{"id":"","type":"subscribe","payload":{"query":"{a}"}}"#,
        #"{"id":1,"type":"subscribe","payload":{"query":"{a}"}}"#,
        #"{"id":null,"type":"subscribe","payload":{"query":"{a}"}}"#,
        #"{"id":"\ud800","type":"subscribe","payload":{"query":"{a}"}}"#,
        #"{"id":"1","type":"subscribe"}"#, #"{"id":"1","type":"subscribe","payload":null}"#,
        #"{"id":"1","type":"subscribe","payload":[]}"#, #"{"id":"1","type":"subscribe","payload":"{a}"}"#,
        #"{"id":"1","type":"subscribe","payload":{}}"#, #"{"id":"1","type":"subscribe","payload":{"query":null}}"#,
        #"{"id":"1","type":"subscribe","payload":{"query":{}}}"#,
        #"{"id":"1","type":"subscribe","payload":{"query":"{a}","operationName":1}}"#,
        #"{"id":"1","type":"subscribe","payload":{"query":"{a}","variables":[]}}"#,
        #"{"id":"1","type":"subscribe","payload":{"query":"{a}","variables":"{}"}}"#,
        #"{"id":"1","type":"subscribe","payload":{"query":"{a}","extensions":1}}"#,
        #"{"type":"complete"}"#, #"{"id":"","type":"complete"}"#, #"{"id":1,"type":"complete"}"#,
    ])
    func `P8 an invalid message closes 4400 at once`(_ text: String) {
        for isAcknowledged in [false, true] {
            var machine = isAcknowledged ? acknowledged() : ServerMachine()
            guard case .close(.badRequest, let reason) = machine.receive(text) else {
                Issue.record("not closed: \(text)")
                continue
            }
            #expect(!reason.isEmpty && reason.utf8.count <= 123)
            #expect(machine.receive(Self.subscribe) == .none)
        }
    }

    @Test func `P8 null is allowed where a member is optional`() {
        var machine = ServerMachine()
        #expect(machine.receive(#"{"type":"connection_init","payload":null}"#) == .initialise(payload: nil))
        #expect(machine.receive(#"{"type":"ping","payload":null}"#) == .send(MessageWriter.pong()))
        #expect(machine.receive(#"{"type":"pong","payload":null}"#) == .none)
        _ = machine.acknowledge()
        let action = machine.receive(
            #"{"id":"1","type":"subscribe","payload":{"query":"{a}","operationName":null,"variables":null,"extensions":null}}"#
        )
        guard case .subscribe("1", let request) = action else {
            Issue.record("not subscribed")
            return
        }
        #expect(request.query == "{a}")
        #expect(request.operationName == nil && request.variables == nil && request.extensions == nil)
    }

    @Test(arguments: [
        (#""extensions":{"persistedQuery":{}}"#, true),
        (#""query":null,"extensions":{"persistedQuery":{"a":1}}"#, true),
        (#""extensions":{}"#, false), (#""extensions":{"persistedQuery":null}"#, false),
        (#""query":1,"extensions":{"persistedQuery":{}}"#, false),
    ])
    func `P8 a document may be missing where its hash stands for it`(members: String, isTaken: Bool) {
        var machine = acknowledged()
        let action = machine.receive(#"{"id":"1","type":"subscribe","payload":{\#(members)}}"#)
        if isTaken {
            guard case .subscribe("1", let request) = action else {
                Issue.record("not subscribed: \(action)")
                return
            }
            #expect(request.query.isEmpty && request.extensions != nil)
        } else if case .close(.badRequest, _) = action {
        } else {
            Issue.record("not closed: \(action)")
        }
    }

    @Test func `P8 a binary message closes 4400`() {
        var machine = acknowledged()
        guard case .close(.badRequest, _) = machine.receivedBinary() else {
            Issue.record("not closed")
            return
        }
        #expect(machine.receivedBinary() == .none)
    }

    @Test func `P8 a request is handed over decoded, its objects as they are`() {
        var machine = acknowledged()
        let bytes =
            (#"{"id":"\u00e9\"","type":"subscribe","payload":{"query":"query A {\n a }","operationName":"A","#
            + #""variables":{"v":[1]},"extensions":{"relay":{}}}}"#).bytes
        guard case .subscribe(let id, let request) = machine.receive(bytes.span) else {
            Issue.record("not subscribed")
            return
        }
        #expect(id == "é\"")
        #expect(request.query == "query A {\n a }")
        #expect(request.operationName == "A")
        #expect(request.variables?.text == #"{"v":[1]}"#)
        #expect(request.extensions?.text == #"{"relay":{}}"#)
    }

    @Test func `P9 a ping is answered with its own payload, before init and after the ack`() {
        var machine = ServerMachine()
        for _ in 0..<2 {
            #expect(machine.receive(#"{"type":"ping"}"#) == .send(#"{"type":"pong"}"#.bytes))
            #expect(
                machine.receive(#"{"payload": {"a" : 1},"type":"ping"}"#)
                    == .send(#"{"type":"pong","payload":{"a" : 1}}"#.bytes)
            )
            _ = machine.receive(#"{"type":"connection_init"}"#)
            _ = machine.acknowledge()
        }
    }

    @Test func `P10 a pong is never answered`() {
        var machine = ServerMachine()
        #expect(machine.receive(#"{"type":"pong"}"#) == .none)
        #expect(machine.receive(#"{"type":"pong","payload":{}}"#) == .none)
        #expect(machine.receive(#"{"type":"connection_init"}"#) == .initialise(payload: nil))
    }

    @Test func `P11 a duplicate active id closes 4409`() {
        var machine = acknowledged()
        _ = machine.receive(subscribe("a b"))
        let expected = ServerAction.close(.subscriberAlreadyExists, reason: "Subscriber for a b already exists")
        #expect(machine.receive(subscribe("a b")) == expected)
    }

    @Test func `P11 a duplicate is seen through escapes, and its long id is clipped in the reason`() {
        var machine = acknowledged(.init(idLength: 500))
        let id = String(repeating: "é", count: 200)
        _ = machine.receive(subscribe(id))
        guard
            case .close(.subscriberAlreadyExists, let reason) = machine.receive(
                subscribe(String(repeating: #"\u00e9"#, count: 200))
            )
        else {
            Issue.record("not closed")
            return
        }
        #expect(reason.utf8.count == 123)
        #expect(reason.hasPrefix("Subscriber for éé"))
    }

    @Test func `P11 ids that only look alike are different`() {
        var machine = acknowledged()
        for id in ["\u{e9}", "e\u{301}", "1", "01", "1 ", "K", "\u{212A}"] {
            guard case .subscribe = machine.receive(subscribe(id)) else {
                Issue.record("\(id) refused")
                return
            }
        }
        #expect(machine.activeIDs.count == 7)
        #expect(machine.receive(complete("e\u{301}")) == .complete(id: "e\u{301}"))
        #expect(machine.isActive("\u{e9}"))
        #expect(!machine.isActive("e\u{301}"))
    }

    @Test(arguments: ["client", "complete", "error"])
    func `P12 an id can be used again after its end`(_ end: String) {
        var machine = acknowledged()
        for _ in 0..<3 {
            guard case .subscribe = machine.receive(Self.subscribe) else {
                Issue.record("refused")
                return
            }
            #expect(machine.isActive("1"))
            switch end {
            case "client": #expect(machine.receive(complete("1")) == .complete(id: "1"))
            case "complete": #expect(machine.finish(id: "1") != nil)
            default: #expect(machine.fail(id: "1", message: "m") != nil)
            }
            #expect(!machine.isActive("1"))
        }
    }

    @Test func `P13 an id is free on every other connection`() {
        var one = acknowledged()
        var other = acknowledged()
        _ = one.receive(Self.subscribe)
        guard case .subscribe = other.receive(Self.subscribe) else {
            Issue.record("refused")
            return
        }
        #expect(one.finish(id: "1") != nil)
        #expect(other.isActive("1"))
    }

    @Test func `P14 many ids interleave`() {
        var machine = acknowledged()
        for id in 0..<50 { _ = machine.receive(subscribe(String(id))) }
        for id in stride(from: 0, to: 50, by: 2) {
            #expect(machine.receive(complete(String(id))) == .complete(id: String(id)))
        }
        #expect(machine.activeIDs == stride(from: 1, to: 50, by: 2).map(String.init))
    }

    @Test func `P15 the end of an operation is one complete`() {
        var machine = acknowledged()
        _ = machine.receive(Self.subscribe)
        #expect(machine.finish(id: "1")?.text == #"{"id":"1","type":"complete"}"#)
        #expect(machine.finish(id: "1") == nil)
    }

    @Test func `P15 an answer is one next and one complete`() {
        var machine = acknowledged()
        _ = machine.receive(Self.subscribe)
        let answer = machine.answer(id: "1", payload: #"{"data":{"a":1}}"#.bytes)
        #expect(answer?.result.text == #"{"id":"1","type":"next","payload":{"data":{"a":1}}}"#)
        #expect(answer?.complete.text == #"{"id":"1","type":"complete"}"#)
        #expect(machine.answer(id: "1", payload: "{}".bytes) == nil)
    }

    @Test func `P16 an error is an array of errors with messages, and no complete follows`() {
        var machine = acknowledged()
        _ = machine.receive(Self.subscribe)
        #expect(
            machine.fail(id: "1", message: "No \"a\"")?.text
                == #"{"id":"1","type":"error","payload":[{"message":"No \"a\""}]}"#
        )
        #expect(machine.finish(id: "1") == nil)
        #expect(machine.fail(id: "1", message: "again") == nil)
    }

    @Test func `P18 nothing is sent for an id that the client completed`() {
        var machine = acknowledged()
        _ = machine.receive(Self.subscribe)
        #expect(machine.receive(complete("1")) == .complete(id: "1"))
        #expect(!machine.isActive("1"))
        #expect(machine.finish(id: "1") == nil)
        #expect(machine.fail(id: "1", errors: "[{}]".bytes) == nil)
        #expect(machine.answer(id: "1", payload: "{}".bytes) == nil)
    }

    @Test func `P19 complete for an unknown or finished id is ignored`() {
        var machine = acknowledged()
        #expect(machine.receive(complete("9")) == .none)
        _ = machine.receive(Self.subscribe)
        _ = machine.finish(id: "1")
        #expect(machine.receive(complete("1")) == .none)
        var early = ServerMachine()
        #expect(early.receive(complete("1")) == .none)
    }

    @Test func `P20 a failed operation leaves the others and the connection alone`() {
        var machine = acknowledged()
        _ = machine.receive(subscribe("1"))
        _ = machine.receive(subscribe("2"))
        #expect(machine.fail(id: "1", message: "source failed") != nil)
        #expect(machine.isActive("2"))
        guard case .subscribe("3", _) = machine.receive(subscribe("3")) else {
            Issue.record("refused")
            return
        }
    }

    @Test func `P21 an internal failure closes 4500 with a clipped reason`() {
        var machine = acknowledged()
        let reason = String(repeating: "ü", count: 100)
        let expected = ServerAction.close(.internalServerError, reason: String(repeating: "ü", count: 61))
        #expect(machine.close(.internalServerError, reason: reason) == expected)
        #expect(machine.close(.internalServerError) == .none)
    }

    @Test func `P22 a shutdown closes 1001 Going away`() {
        var machine = ServerMachine()
        #expect(machine.close(.goingAway) == .close(.goingAway, reason: "Going away"))
    }

    @Test func `P23 a lost connection hands over every operation and takes no new one`() {
        var machine = acknowledged()
        _ = machine.receive(subscribe("1"))
        _ = machine.receive(subscribe("2"))
        _ = machine.close(.tryAgainLater)
        #expect(machine.receive(subscribe("3")) == .none)
        #expect(machine.finish(id: "2") == nil)
        #expect(machine.closed() == ["1"])
        #expect(machine.closed() == [])
        #expect(machine.receive(#"{"type":"ping"}"#) == .none)
    }

    @Test func `P25 a message has no member without a value`() throws {
        let message = try MessageScanner.scan(MessageWriter.next(id: "1", payload: #"{"data":1}"#.bytes).span)
        #expect(message.errors.kind == .absent)
        #expect(message.extensions.kind == .absent)
    }

    @Test func `one subscription too many gets an error and the others go on`() {
        var machine = acknowledged(.init(subscriptions: 1))
        _ = machine.receive(subscribe("1"))
        guard case .exceed(let bytes) = machine.receive(subscribe("2")) else {
            Issue.record("no error")
            return
        }
        #expect(bytes.text.hasPrefix(#"{"id":"2","type":"error","payload":[{"message":"#))
        #expect(machine.activeIDs == ["1"])
        _ = machine.finish(id: "1")
        guard case .subscribe = machine.receive(subscribe("2")) else {
            Issue.record("refused")
            return
        }
    }

    @Test(arguments: [("abcd", true), ("abcde", false), (#"\u0061\u0062cd"#, true), ("éé", true), ("ééé", false)])
    func `an id over the limit closes 4400`(_ id: String, _ fits: Bool) {
        var machine = acknowledged(.init(idLength: 4))
        let action = machine.receive(subscribe(id))
        if case .subscribe = action { #expect(fits) } else if case .close(.badRequest, _) = action { #expect(!fits) }
        #expect(machine.isAcknowledged == fits)
    }

    @Test func `a machine is small`() {
        #expect(MemoryLayout<ServerMachine>.size <= 32)
    }

    @Test func `mutated messages never trap and never leave their bytes`() {
        let seeds = [
            #"{"type":"connection_init","payload":{"a":1}}"#, Self.subscribe, #"{"id":"1","type":"complete"}"#,
            #"{"type":"ping","payload":{"a":"\u00e9"}}"#,
        ].map(\.bytes)
        var generator = SplitMix(seed: 99)
        var machine = acknowledged()
        var actions = 0
        for _ in 0..<10_000 {
            let bytes = generator.mutate(seeds.randomElement(using: &generator)!, alphabet: "{}\",:\\12ap".bytes)
            switch machine.receive(bytes.span) {
            case .subscribe(_, let request):
                actions += 1
                for object in [request.variables, request.extensions].compactMap(\.self) {
                    #expect(JSONOracle.accepts(object))
                }
            case .close: machine = acknowledged()
            case .send(let reply), .exceed(let reply):
                actions += 1
                #expect(JSONOracle.accepts(reply))
            case .none, .initialise, .complete: break
            }
        }
        #expect(actions > 20)
    }
}
