import GraphQLTransport
import TestSupport
import Testing

@Suite struct LegacyServerMachineTests {
    private static let start = #"{"id":"1","type":"start","payload":{"query":"{a}"}}"#
    private static let stop = #"{"id":"1","type":"stop"}"#
    private static let keepAlive = #"{"type":"ka"}"#

    /// A machine whose client was let in.
    private func acknowledged(_ limits: ServerMachine.Limits = .init()) -> LegacyServerMachine {
        var machine = LegacyServerMachine(limits: limits)
        #expect(machine.receive(#"{"type":"connection_init"}"#) == .initialise(payload: nil))
        #expect(machine.acknowledge() != nil)
        #expect(machine.sendings() == [Self.keepAlive])
        return machine
    }

    private func start(_ id: String) -> String {
        "{\"id\":\"\(id)\",\"type\":\"start\",\"payload\":{\"query\":\"{a}\"}}"
    }

    /// The message of a `connection_error`, or nil if the action sends anything else.
    private func connectionError(_ action: ServerAction) throws -> String? {
        guard case .send(let bytes) = action else { return nil }
        let prefix = #"{"type":"connection_error","payload":{"message":""#
        guard bytes.text.hasPrefix(prefix), JSONOracle.accepts(bytes) else { return nil }
        return String(bytes.text.dropFirst(prefix.count).dropLast(3))
    }

    @Test func `L1 a whole conversation`() {
        var machine = LegacyServerMachine()
        let hello = #"{"type":"connection_init","payload":{"token":"x"}}"#.bytes
        guard case .initialise(let payload?) = machine.receive(hello.span) else {
            Issue.record("no payload")
            return
        }
        #expect(hello.text(payload) == #"{"token":"x"}"#)
        #expect(machine.acknowledge()?.text == #"{"type":"connection_ack"}"#)
        #expect(machine.sendings() == [Self.keepAlive])
        let request =
            #"{"id":"1","type":"start","payload":{"query":"{a}","operationName":null,"variables":{"v":1}}}"#.bytes
        guard case .subscribe("1", let parts) = machine.receive(request.span) else {
            Issue.record("not subscribed")
            return
        }
        #expect(parts.query == "{a}")
        #expect(parts.operationName == nil)
        #expect(parts.variables?.text == #"{"v":1}"#)
        #expect(machine.isActive("1"))
        #expect(machine.receive(Self.stop) == .complete(id: "1"))
        #expect(machine.sendings() == [#"{"id":"1","type":"complete"}"#])
        let expected = ServerAction.close(.normalClosure, reason: "Normal Closure")
        #expect(machine.receive(#"{"type":"connection_terminate"}"#) == expected)
        #expect(machine.receive(Self.start) == .none)
        #expect(machine.followUp() == nil)
    }

    @Test func `L2 ka comes directly after the ack and then whenever it is asked for`() {
        var machine = LegacyServerMachine()
        #expect(machine.keepAlive() == nil)
        _ = machine.receive(#"{"type":"connection_init"}"#)
        #expect(machine.keepAlive() == nil)
        #expect(machine.acknowledge(payload: "{}".bytes)?.text == #"{"type":"connection_ack","payload":{}}"#)
        #expect(machine.acknowledge() == nil)
        #expect(machine.sendings() == [Self.keepAlive])
        #expect(machine.followUp() == nil)
        #expect(machine.keepAlive()?.text == Self.keepAlive)
        _ = machine.close(.goingAway)
        #expect(machine.keepAlive() == nil)
    }

    @Test func `L2 the ka goes before what a client started without waiting for the ack`() {
        var machine = LegacyServerMachine()
        _ = machine.receive(#"{"type":"connection_init"}"#)
        #expect(machine.receive(start("a")) == .none)
        #expect(machine.receive(start("b")) == .none)
        #expect(machine.receive("{\"id\":\"a\",\"type\":\"stop\"}") == .none)
        #expect(machine.followUp() == nil)
        #expect(machine.activeIDs == [])
        _ = machine.acknowledge()
        #expect(machine.followUp() == .send(Self.keepAlive.bytes))
        guard case .subscribe("a", let request) = machine.followUp() else {
            Issue.record("a was lost")
            return
        }
        #expect(request.query == "{a}")
        guard case .subscribe("b", _) = machine.followUp() else {
            Issue.record("b was lost")
            return
        }
        #expect(machine.followUp() == .complete(id: "a"))
        #expect(machine.followUp() == .send(MessageWriter.complete(id: "a")))
        #expect(machine.followUp() == nil)
        #expect(machine.activeIDs == ["b"])
    }

    @Test func `L2 nothing that came before the ack outlives a refusal`() {
        var machine = LegacyServerMachine()
        _ = machine.receive(#"{"type":"connection_init"}"#)
        _ = machine.receive(Self.start)
        _ = machine.refuse()
        #expect(machine.followUp() == .close(.internalError, reason: "Forbidden"))
        #expect(machine.followUp() == nil)
    }

    @Test(arguments: [(1, 120_000), (100_000, 262_144)])
    func `L2 a client can not have much held back before the ack, nor many`(_ padding: Int, _ limit: Int) {
        var machine = LegacyServerMachine()
        _ = machine.receive(#"{"type":"connection_init"}"#)
        let text = "{\"id\":\"1\",\"type\":\"start\",\"x\":\"\(String(repeating: "x", count: padding))\"}"
        var total = 0
        while machine.receive(text) == .none, total < 1_000_000 { total += text.utf8.count }
        #expect(total > 0 && total < limit)
        #expect(machine.acknowledge() == nil)
        #expect(machine.followUp() == nil)
    }

    @Test(arguments: [
        "", "x", "{", "[]", "null", "{}", #"{"type":1}"#, #"{"type":"subscribe"}"#, #"{"type":"ping"}"#,
        #"{"type":"data","id":"1","payload":{"data":1}}"#, #"{"type":"connection_init","payload":[]}"#,
        #"{"type":"connection_init"}"#, #"{"type":"start","payload":{"query":"{a}"}}"#, #"{"type":"stop"}"#,
        #"{"type":"start","id":1,"payload":{"query":"{a}"}}"#, #"{"type":"stop","id":""}"#,
        #"{"type":"start","id":"\ud800","payload":{"query":"{a}"}}"#,
    ])
    func `L3 a message that can not be read is answered with connection_error and the socket stays`(
        _ text: String
    ) throws {
        var machine = acknowledged()
        let action = machine.receive(text)
        #expect(try connectionError(action)?.hasPrefix("Invalid message received: ") == true, "\(action)")
        #expect(machine.followUp() == nil)
        guard case .subscribe = machine.receive(Self.start) else {
            Issue.record("the socket did not stay")
            return
        }
    }

    @Test(arguments: ClientInputTests.loneSurrogates)
    func `L4 half a surrogate pair fails its operation`(_ member: String, _ payload: String) {
        var machine = acknowledged()
        let action = machine.receive(#"{"id":"1","type":"start","payload":\#(payload)}"#)
        let message = GraphQLRequest.loneSurrogate(in: member)
        #expect(action == .send(LegacyMessageWriter.error(id: "1", message: message)))
        #expect(machine.activeIDs.isEmpty)
    }

    @Test(arguments: [1024, 1025])
    func `an id has up to 1 KiB`(size: Int) {
        var machine = acknowledged()
        let id = String(repeating: "x", count: size)
        let action = machine.receive(#"{"id":"\#(id)","type":"start","payload":{"query":"{a}"}}"#)
        if case .subscribe = action { #expect(size == 1024) } else { #expect(size == 1025) }
        #expect(machine.isAcknowledged)
    }

    @Test func `L3 a binary message is answered with connection_error and the socket stays`() throws {
        var machine = acknowledged()
        #expect(try connectionError(machine.receivedBinary()) != nil)
        #expect(machine.isAcknowledged)
        _ = machine.close(.goingAway)
        #expect(machine.receivedBinary() == .none)
    }

    @Test func `L3 a refused init is connection_error and close 1011`() throws {
        var machine = LegacyServerMachine()
        #expect(machine.refuse() == .none)
        _ = machine.receive(#"{"type":"connection_init"}"#)
        #expect(try connectionError(machine.refuse(reason: "bad token")) == "bad token")
        #expect(machine.receive(Self.start) == .none)
        #expect(machine.followUp() == .close(.internalError, reason: "bad token"))
        #expect(machine.followUp() == nil)
        #expect(machine.acknowledge() == nil)
        #expect(machine.refuse() == .none)
    }

    @Test(arguments: [#"{"query":1}"#, "{}", "[]", "null", #"{"query":"{a}","variables":[]}"#])
    func `L4 an invalid start is answered with a single error object`(_ payload: String) {
        var machine = acknowledged()
        let action = machine.receive("{\"id\":\"1\",\"type\":\"start\",\"payload\":\(payload)}")
        let expected =
            #"{"id":"1","type":"error","payload":{"message":"Invalid message received: invalid payload of start"}}"#
        #expect(action == .send(expected.bytes))
        #expect(machine.activeIDs == [])
        #expect(machine.isAcknowledged)
    }

    @Test func `L4 an operation that does not begin ends with a single error object and no complete`() {
        var machine = acknowledged()
        _ = machine.receive(Self.start)
        #expect(
            machine.reject(id: "1", message: "No \"a\"")?.text
                == #"{"id":"1","type":"error","payload":{"message":"No \"a\""}}"#
        )
        #expect(machine.followUp() == nil)
        #expect(machine.reject(id: "1", message: "again") == nil)
        _ = machine.receive(Self.start)
        #expect(
            machine.reject(id: "1", errors: #" [ {"message":"m","path":["a"]} ] "#.bytes)?.text
                == #"{"id":"1","type":"error","payload":{"message":"m","path":["a"]}}"#
        )
        #expect(machine.followUp() == nil)
        #expect(machine.finish(id: "1") == nil)
    }

    @Test func `L4 several errors before execution go as data and complete, since error holds one`() {
        var machine = acknowledged()
        _ = machine.receive(Self.start)
        #expect(
            machine.reject(id: "1", errors: #"[{"message":"m"},{"message":"n"}]"#.bytes)?.text
                == #"{"id":"1","type":"data","payload":{"data":null,"errors":[{"message":"m"},{"message":"n"}]}}"#
        )
        #expect(machine.sendings() == [#"{"id":"1","type":"complete"}"#])
    }

    @Test func `L5 stop is answered with complete, once, and only if the id is active`() {
        var machine = acknowledged()
        #expect(machine.receive(Self.stop) == .none)
        #expect(machine.followUp() == nil)
        _ = machine.receive(Self.start)
        #expect(machine.receive(Self.stop) == .complete(id: "1"))
        #expect(!machine.isActive("1"))
        #expect(machine.sendings() == [#"{"id":"1","type":"complete"}"#])
        #expect(machine.receive(Self.stop) == .none)
        #expect(machine.finish(id: "1") == nil)
        #expect(machine.fail(id: "1", message: "m") == nil)
        #expect(machine.followUp() == nil)
    }

    @Test func `L6 a duplicate start replaces: the old operation is dropped without a word, then the new one begins`() {
        var machine = acknowledged()
        _ = machine.receive(start("0"))
        _ = machine.receive(Self.start)
        let other = #"{"id":"\u0031","type":"start","payload":{"query":"{b}"}}"#
        #expect(machine.receive(other) == .complete(id: "1"))
        guard case .subscribe("1", let request) = machine.followUp() else {
            Issue.record("not replaced")
            return
        }
        #expect(request.query == "{b}")
        #expect(machine.followUp() == nil)
        #expect(machine.activeIDs == ["0", "1"])
        #expect(machine.finish(id: "1") != nil)
    }

    @Test func `L6 a duplicate that is invalid ends the old operation all the same`() {
        var machine = acknowledged(.init(subscriptions: 1))
        _ = machine.receive(Self.start)
        #expect(machine.receive(#"{"id":"1","type":"start"}"#) == .complete(id: "1"))
        #expect(machine.sendings().map { $0.contains(#""type":"error""#) } == [true])
        #expect(machine.activeIDs == [])
    }

    @Test func `L6 a duplicate is no subscription too many`() {
        var machine = acknowledged(.init(subscriptions: 1))
        _ = machine.receive(Self.start)
        #expect(machine.receive(Self.start) == .complete(id: "1"))
        guard case .subscribe("1", _) = machine.followUp() else {
            Issue.record("refused")
            return
        }
        guard case .exceed(let bytes) = machine.receive(start("2")) else {
            Issue.record("no error")
            return
        }
        #expect(bytes.text.hasPrefix(#"{"id":"2","type":"error","payload":{"message":"#))
    }

    @Test func `L8 a failure is data with errors, then complete`() {
        var machine = acknowledged()
        _ = machine.receive(Self.start)
        #expect(
            machine.fail(id: "1", message: "source failed")?.text
                == #"{"id":"1","type":"data","payload":{"data":null,"errors":[{"message":"source failed"}]}}"#
        )
        #expect(machine.sendings() == [#"{"id":"1","type":"complete"}"#])
        #expect(machine.fail(id: "1", message: "again") == nil)
        #expect(machine.followUp() == nil)
    }

    @Test func `a start before connection_init gets an error and the socket stays`() {
        var machine = LegacyServerMachine()
        guard case .send(let bytes) = machine.receive(Self.start) else {
            Issue.record("no error")
            return
        }
        #expect(bytes.text == #"{"id":"1","type":"error","payload":{"message":"connection_init comes first"}}"#)
        #expect(machine.receive(#"{"type":"connection_init"}"#) == .initialise(payload: nil))
    }

    @Test func `no connection_init in time closes 4408, and means nothing after it`() {
        var machine = LegacyServerMachine()
        let expected = ServerAction.close(.connectionInitialisationTimeout, reason: "Connection initialisation timeout")
        #expect(machine.initialisationTimedOut() == expected)
        #expect(machine.initialisationTimedOut() == .none)
        var other = LegacyServerMachine()
        _ = other.receive(#"{"type":"connection_init"}"#)
        #expect(other.initialisationTimedOut() == .none)
        #expect(other.acknowledge() != nil)
    }

    @Test func `P15 an answer is one data and one complete`() {
        var machine = acknowledged()
        _ = machine.receive(Self.start)
        let answer = machine.answer(id: "1", payload: #"{"data":{"a":1}}"#.bytes)
        #expect(answer?.result.text == #"{"id":"1","type":"data","payload":{"data":{"a":1}}}"#)
        #expect(answer?.complete.text == #"{"id":"1","type":"complete"}"#)
        #expect(machine.answer(id: "1", payload: "{}".bytes) == nil)
        #expect(machine.followUp() == nil)
    }

    @Test func `P23 a lost connection hands over every operation and takes no new one`() {
        var machine = acknowledged()
        _ = machine.receive(start("1"))
        _ = machine.receive(start("2"))
        _ = machine.receive(start("2"))
        #expect(machine.closed() == ["1"])
        #expect(machine.followUp() == nil)
        #expect(machine.receive(start("3")) == .none)
        #expect(machine.closed() == [])
    }

    @Test(arguments: [("abcd", true), ("abcde", false), (#"\u0061\u0062cd"#, true), ("éé", true), ("ééé", false)])
    func `an id over the limit is refused`(_ id: String, _ fits: Bool) throws {
        var machine = acknowledged(.init(idLength: 4))
        let action = machine.receive(start(id))
        if case .subscribe = action { #expect(fits) } else { #expect(try connectionError(action) != nil && !fits) }
    }

    @Test func `mutated messages never trap, and every answer is JSON`() {
        let seeds = [
            #"{"type":"connection_init","payload":{"a":1}}"#, Self.start, Self.stop, start("2"),
            #"{"id":"1","type":"start","payload":{"query":"{a}","variables":{"v":1}}}"#,
        ].map(\.bytes)
        var generator = SplitMix(seed: 1)
        var machine = LegacyServerMachine()
        var counts: [String: Int] = [:]
        func check(_ action: ServerAction) {
            switch action {
            case .none: break
            case .send(let reply), .exceed(let reply):
                counts["send", default: 0] += 1
                #expect(JSONOracle.accepts(reply))
            case .initialise: counts["initialise", default: 0] += 1
            case .subscribe(let id, let request):
                counts["subscribe", default: 0] += 1
                #expect(machine.isActive(id))
                for object in [request.variables, request.extensions].compactMap(\.self) {
                    #expect(JSONOracle.accepts(object))
                }
            case .complete: counts["complete", default: 0] += 1
            case .close: counts["close", default: 0] += 1
            }
        }
        for round in 0..<10_000 {
            var bytes = seeds.randomElement(using: &generator)!
            if Bool.random(using: &generator) { bytes = generator.mutate(bytes, alphabet: "{}\",:\\12ast".bytes) }
            check(machine.receive(bytes.span))
            if round % 7 == 0 { _ = machine.acknowledge() }
            if round % 11 == 0 { _ = machine.fail(id: "1", message: "m") }
            while let next = machine.followUp() { check(next) }
            if round % 50 == 0 {
                _ = machine.closed()
                machine = LegacyServerMachine(limits: .init(subscriptions: 3))
            }
        }
        for kind in ["send", "initialise", "subscribe", "complete"] {
            #expect(counts[kind, default: 0] > 50, "\(kind)")
        }
    }
}
