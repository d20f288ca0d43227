import GraphQLTransport
import TestSupport
import Testing

@Suite struct ClientMachineTests {
    private static let ack = #"{"type":"connection_ack"}"#
    private static let result = #"{"id":"1","type":"next","payload":{"data":{"a":1}}}"#

    /// A machine that was acknowledged, with operations running.
    private func acknowledged(_ ids: UInt64...) throws -> ClientMachine {
        var machine = ClientMachine()
        _ = machine.opened()
        #expect(machine.receive(Self.ack) == .acknowledged(payload: nil))
        for id in ids { #expect(machine.subscribe(id: id, try GraphQLRequest(query: "{a}")) != nil) }
        return machine
    }

    private func closes(_ action: ClientAction, _ code: CloseCode) -> Bool {
        guard case .close(code, let reason) = action else { return false }
        return !reason.isEmpty && reason.utf8.count <= 123
    }

    @Test func `C1 connection_init comes first, with a payload only if there is one`() {
        var plain = ClientMachine()
        #expect(plain.opened().text == #"{"type":"connection_init"}"#)
        var loaded = ClientMachine(initPayload: #"{"token":"x"}"#.bytes)
        #expect(loaded.opened().text == #"{"type":"connection_init","payload":{"token":"x"}}"#)
    }

    @Test(arguments: [
        result, #"{"id":"1","type":"complete"}"#, #"{"id":"1","type":"error","payload":[{"message":"m"}]}"#,
        #"{"id":"1","type":"next","payload":NaN}"#, "x",
    ])
    func `C2 an operation's message before the ack closes 4004`(_ text: String) {
        var machine = ClientMachine()
        _ = machine.opened()
        #expect(closes(machine.receive(text), .badResponse))
        #expect(machine.receive(Self.ack) == .none)
        #expect(!machine.isAcknowledged)
    }

    @Test func `C2 pings and pongs may come before the ack`() {
        var machine = ClientMachine()
        _ = machine.opened()
        #expect(machine.receive(#"{"type":"ping"}"#) == .send(MessageWriter.pong()))
        #expect(machine.receive(#"{"type":"pong"}"#) == .pong)
        let bytes = #"{"type":"connection_ack","payload":{"a":1}}"#.bytes
        guard case .acknowledged(let payload?) = machine.receive(bytes.span) else {
            Issue.record("not acknowledged")
            return
        }
        #expect(bytes.text(payload) == #"{"a":1}"#)
    }

    @Test(arguments: [
        #"{"type":"connection_init"}"#, #"{"type":"ka"}"#, #"{"id":"1","type":"subscribe","payload":{"query":"{a}"}}"#,
        "{}", #"{"type":7}"#, #"{"type":"ka","payload":NaN}"#,
    ])
    func `C2 messages of types that no server sends are ignored before the ack too`(_ text: String) {
        var machine = ClientMachine()
        _ = machine.opened()
        #expect(machine.receive(text) == .ignored(reply: nil))
        #expect(machine.receive(Self.ack) == .acknowledged(payload: nil))
    }

    @Test(arguments: [#""x""#, "[]", "null", "1", "NaN"])
    func `C2 an ack with an odd payload is an ack`(_ payload: String) {
        var machine = ClientMachine()
        _ = machine.opened()
        #expect(machine.receive("{\"type\":\"connection_ack\",\"payload\":\(payload)}") == .acknowledged(payload: nil))
        #expect(machine.isAcknowledged)
    }

    @Test(arguments: [ack, #"{"type":"connection_ack","payload":"x"}"#])
    func `C2 a second ack is ignored`(_ text: String) throws {
        var machine = try acknowledged(1)
        #expect(machine.receive(text) == .ignored(reply: nil))
        #expect(machine.isActive(1))
    }

    @Test func `C3 a late ack closes 4504`() {
        var machine = ClientMachine()
        _ = machine.opened()
        let expected = ClientAction.close(
            .connectionAcknowledgementTimeout,
            reason: "Connection acknowledgement timeout"
        )
        #expect(machine.acknowledgementTimedOut() == expected)
        #expect(machine.receive(Self.ack) == .none)
        #expect(machine.acknowledgementTimedOut() == .none)
    }

    @Test func `C3 the timer means nothing after the ack`() throws {
        var machine = try acknowledged()
        #expect(machine.acknowledgementTimedOut() == .none)
        #expect(machine.isAcknowledged)
    }

    @Test func `C4 nothing is subscribed before the ack or after the end`() throws {
        let request = try GraphQLRequest(query: "{a}")
        var machine = ClientMachine()
        #expect(machine.subscribe(id: 1, request) == nil)
        _ = machine.opened()
        #expect(machine.subscribe(id: 1, request) == nil)
        #expect(!machine.isActive(1))
        _ = machine.receive(Self.ack)
        #expect(machine.subscribe(id: 1, request)?.text == #"{"id":"1","type":"subscribe","payload":{"query":"{a}"}}"#)
        #expect(machine.isActive(1))
        _ = machine.close()
        #expect(machine.subscribe(id: 2, request) == nil)
    }

    @Test func `C5 a ping is answered with its own payload`() throws {
        var machine = try acknowledged()
        #expect(
            machine.receive(#"{"type":"ping","payload":{"a":[ ]}}"#)
                == .send(#"{"type":"pong","payload":{"a":[ ]}}"#.bytes)
        )
        #expect(machine.receive(#"{"type":"ping","payload":null}"#) == .send(#"{"type":"pong"}"#.bytes))
    }

    @Test(arguments: [
        #""2""#, #""01""#, #""+1""#, #""1 ""#, #""x""#, #""18446744073709551616""#, #""99999999999999999999999""#,
        #""1.0""#, #""""#, "1", "null", "{}", #"["1"]"#, "true",
    ])
    func `C6 messages for an id that no operation ever had are counted and ignored`(_ id: String) throws {
        var machine = try acknowledged(1)
        for rest in [
            #""type":"next","payload":{"data":1}"#, #""type":"next","payload":null"#, #""type":"next""#,
            #""type":"next","payload":NaN"#, #""type":"error","payload":[{"message":""}]"#, #""type":"error""#,
            #""type":"error","payload":7"#, #""type":"complete""#, #""type":"complete","payload":NaN"#,
        ] {
            #expect(machine.receive("{\"id\":\(id),\(rest)}") == .ignored(reply: nil), "\(rest)")
            #expect(machine.receive("{\(rest)}") == .ignored(reply: nil), "\(rest)")
        }
        #expect(machine.isActive(1))
    }

    @Test func `C6 messages for a finished id are ignored`() throws {
        var machine = try acknowledged(1)
        #expect(machine.receive(#"{"id":"1","type":"complete"}"#) == .completed(id: 1))
        #expect(machine.receive(Self.result) == .none)
        #expect(machine.receive(#"{"id":"1","type":"complete"}"#) == .none)
        // Nobody cares any more what is wrong with it.
        #expect(machine.receive(#"{"id":"1","type":"next","payload":null}"#) == .none)
        #expect(machine.receive(#"{"id":"1","type":"next","payload":NaN}"#) == .none)
        #expect(machine.receive(#"{"id":"1","type":"error"}"#) == .none)
    }

    @Test func `C6 the greatest id and an escaped id are recognised`() throws {
        var machine = try acknowledged(.max, 12)
        #expect(machine.receive("{\"id\":\"\(UInt64.max)\",\"type\":\"complete\"}") == .completed(id: .max))
        #expect(machine.receive(#"{"id":"\u0031\u0032","type":"complete"}"#) == .completed(id: 12))
    }

    @Test(arguments: [
        "", " ", "{", "[]", "x", "null", #""next""#, #"{"id":"1","type":"next","payload":{"data":1}"#,
        #"{"id":"1","type":"next"}{"#, #"{"id":"1" "type":"next"}"#, #"{"id":"1","type":"next","payload":}"#,
        #"{"id":"1","type":"next","payload":"x}"#,
    ])
    func `C7 what is no JSON object closes 4004 and ends the reading`(_ text: String) throws {
        var machine = try acknowledged(1)
        #expect(closes(machine.receive(text), .badResponse), "\(text)")
        #expect(machine.receive(Self.result) == .none)
        #expect(machine.receive("x") == .none)
        #expect(machine.ping() == nil)
        #expect(machine.closed() == [1])
    }

    @Test(arguments: ["null", "[]", "[1]", #""x""#, "7", "true", ""])
    func `C7 a payload that is no object ends its operation, and the server is told`(_ payload: String) throws {
        var machine = try acknowledged(1, 2)
        let bytes = (#"{"id":"1","type":"next""# + (payload.isEmpty ? "}" : ",\"payload\":\(payload)}")).bytes
        guard case .misfit(id: 1, .payload(let place), reply: let reply) = machine.receive(bytes.span) else {
            Issue.record("\(payload)")
            return
        }
        #expect(bytes.text(place) == payload)
        #expect(reply?.text == #"{"id":"1","type":"complete"}"#)
        #expect(!machine.isActive(1))
        #expect(machine.isActive(2))
        #expect(machine.complete(id: 1) == nil)
    }

    @Test(arguments: [
        #"{"id":"1","type":"next","payload":{"data":NaN}}"#, #"{"payload":{"data":-Infinity},"type":"next","id":"1"}"#,
        #"{"id":"1","type":"next","payload":{"data":01}}"#, #"{"id":"1","type":"next","payload":{"data":"\x"}}"#,
        "{\"id\":\"1\",\"type\":\"next\",\"payload\":{\"data\":\"\u{1}\"}}", deep("{\"data\":", "}"), deep("[", "]"),
    ])
    func `C7 a result that can't be read ends its operation, if its id can`(_ text: String) throws {
        var machine = try acknowledged(1, 2)
        guard case .misfit(id: 1, .malformed, reply: let reply) = machine.receive(text) else {
            Issue.record("\(text)")
            return
        }
        #expect(reply?.text == #"{"id":"1","type":"complete"}"#)
        #expect(machine.isActive(2))
        #expect(machine.isAcknowledged)
    }

    /// A result with a payload that is nested deeper than the scanner goes.
    private static func deep(_ opening: String, _ closing: String) -> String {
        let levels = JSONScanner.depthLimit + 1
        let payload = String(repeating: opening, count: levels) + "1" + String(repeating: closing, count: levels)
        return "{\"type\":\"next\",\"payload\":\(payload),\"id\":\"1\"}"
    }

    @Test(arguments: [
        #"{}"#, #"{"hasNext":true,"incremental":[]}"#, #"{"path":["a"],"data":{}}"#, #"{"extensions":{}}"#,
        #"{"data":7}"#,
        #"{"pending":[],"hasNext":false}"#,
    ])
    func `C7 any object is a result, as incremental delivery needs it`(_ payload: String) throws {
        var machine = try acknowledged(1)
        let bytes = "{\"id\":\"1\",\"type\":\"next\",\"payload\":\(payload)}".bytes
        guard case .next(1, let place, false) = machine.receive(bytes.span) else {
            Issue.record("\(payload)")
            return
        }
        #expect(bytes.text(place) == payload)
        #expect(machine.isActive(1))
    }

    @Test(arguments: [
        #"{"message":"m"}"#, #""boom""#, "[]", "7", "null", #"["m"]"#, #"[{"message":"m"},{}]"#,
        #"[{"x":{"message":"m"}}]"#, "",
    ])
    func `C7 an odd error ends its operation with what was sent`(_ payload: String) throws {
        var machine = try acknowledged(1, 2)
        let bytes = (#"{"id":"1","type":"error""# + (payload.isEmpty ? "}" : ",\"payload\":\(payload)}")).bytes
        guard case .failed(id: 1, let place) = machine.receive(bytes.span) else {
            Issue.record("\(payload)")
            return
        }
        #expect(GraphQLErrors.array(bytes.span, in: place).text.contains(payload))
        #expect(machine.isActive(2))
        #expect(machine.complete(id: 1) == nil)
    }

    @Test func `C8 the server isn't told of an operation that it ended itself, however odd that was`() throws {
        var machine = try acknowledged(1, 2)
        let action = machine.receive(#"{"id":"1","type":"error","payload":NaN}"#)
        if case .misfit(id: 1, .malformed, reply: nil) = action {} else { Issue.record("\(action)") }
        #expect(machine.receive(#"{"id":"2","type":"complete","payload":NaN}"#) == .completed(id: 2))
        #expect(machine.closed() == [])
    }

    @Test(arguments: [
        "{}", #"{"type":"ka"}"#, #"{"id":"1","type":"start_ack"}"#, #"{"id":"1","type":7}"#, #"{"type":null,"id":"1"}"#,
        #"{"type":"subscribe","id":"1","payload":{"query":"{a}"}}"#, #"{"type":"connection_init"}"#,
        #"{"type":"pong","payload":1}"#, #"{"id":"1","type":"data","payload":{"data":1}}"#,
        #"{"id":"1","type":"start_ack","payload":NaN}"#,
    ])
    func `C7 messages of types that no server sends are counted and ignored`(_ text: String) throws {
        var machine = try acknowledged(1)
        #expect(machine.receive(text) == .ignored(reply: nil))
        #expect(machine.isActive(1))
        #expect(machine.isAcknowledged)
    }

    @Test(arguments: ["[]", "1", #""x""#, "NaN"])
    func `C5 a ping with an odd payload is answered without it`(_ payload: String) throws {
        var machine = try acknowledged(1)
        let action = machine.receive("{\"type\":\"ping\",\"payload\":\(payload)}")
        #expect(action == .ignored(reply: #"{"type":"pong"}"#.bytes))
        #expect(machine.isActive(1))
    }

    @Test func `C7 a message that wasn't kept ends the operation that its sketch names`() throws {
        var machine = try acknowledged(1, 2)
        func sketch(_ text: String) -> MessageSketch? {
            let bytes = text.bytes
            return MessageSketcher.sketch(bytes.span)
        }
        let expected = ClientAction.misfit(id: 1, .tooLarge, reply: #"{"id":"1","type":"complete"}"#.bytes)
        #expect(machine.receive(sketch(#"{"id":"1","type":"next","payload":{}}"#), .tooLarge) == expected)
        #expect(machine.receive(sketch(#"{"id":"1","type":"next"}"#), .tooLarge) == .none)
        #expect(machine.receive(sketch(#"{"id":"9","type":"next"}"#), .tooLarge) == .ignored(reply: nil))
        #expect(machine.receive(sketch(#"{"id":"2","type":"x"}"#), .tooLarge) == .ignored(reply: nil))
        #expect(machine.isActive(2))
        #expect(closes(machine.receive(nil, .tooLarge), .badResponse))
    }

    @Test func `C8 complete is sent once and only while the operation and the link live`() throws {
        var machine = try acknowledged(1, 2, 3, 4)
        #expect(machine.complete(id: 1)?.text == #"{"id":"1","type":"complete"}"#)
        #expect(machine.complete(id: 1) == nil)
        #expect(machine.receive(#"{"id":"2","type":"complete"}"#) == .completed(id: 2))
        #expect(machine.complete(id: 2) == nil)
        _ = machine.receive(#"{"id":"3","type":"error","payload":[{"message":"m"}]}"#)
        #expect(machine.complete(id: 3) == nil)
        _ = machine.close()
        #expect(machine.complete(id: 4) == nil)
        #expect(machine.complete(id: 99) == nil)
    }

    @Test func `C9 a normal close is 1000`() throws {
        var machine = try acknowledged()
        #expect(machine.close() == .close(.normalClosure, reason: "Normal Closure"))
        #expect(machine.close() == .none)
    }

    @Test func `C12 an operation that was completed is not handed back`() throws {
        var machine = try acknowledged(3, 1, 2)
        _ = machine.complete(id: 1)
        #expect(machine.closed() == [2, 3])
        #expect(machine.closed() == [])
        #expect(machine.receive(Self.result) == .none)
    }

    @Test func `C14 another link knows nothing of an earlier one's ids`() throws {
        var first = try acknowledged(1)
        _ = first.closed()
        var second = try acknowledged(2)
        #expect(second.receive(Self.result) == .none)
        #expect(second.isActive(2))
    }

    @Test func `a result is handed over as a place in the message`() throws {
        var machine = try acknowledged(1)
        let bytes = Self.result.bytes
        guard case .next(1, let payload, false) = machine.receive(bytes.span) else {
            Issue.record("no result")
            return
        }
        #expect(bytes.text(payload) == #"{"data":{"a":1}}"#)
    }

    @Test(arguments: [
        (#"{"data":null}"#, false), (#"{"data":1,"errors":null}"#, false), (#"{"data":1,"errors":[ ]}"#, false),
        (#"{"errors":[{"message":"m"}]}"#, true), (#"{"data":null,"errors":[ {} ]}"#, true),
        (#"{"data":1,"errors":"x"}"#, true),
    ])
    func `P17 errors inside a result are told and end nothing`(_ payload: String, _ hasErrors: Bool) throws {
        var machine = try acknowledged(1)
        for _ in 0..<2 {
            guard
                case .next(1, _, hasErrors) = machine.receive("{\"id\":\"1\",\"type\":\"next\",\"payload\":\(payload)}")
            else {
                Issue.record("\(payload)")
                return
            }
        }
        #expect(machine.isActive(1))
    }

    @Test func `an error ends its operation only`() throws {
        var machine = try acknowledged(1, 2)
        let bytes = #"{"id":"1","type":"error","payload":[ {"message":"m"}, {"a":1,"message":""} ]}"#.bytes
        guard case .failed(1, let errors) = machine.receive(bytes.span) else {
            Issue.record("no failure")
            return
        }
        #expect(bytes.text(errors) == #"[ {"message":"m"}, {"a":1,"message":""} ]"#)
        #expect(!machine.isActive(1))
        #expect(machine.isActive(2))
    }

    @Test func `a ping is sent on an open link only`() throws {
        var machine = ClientMachine()
        #expect(machine.ping() == nil)
        _ = machine.opened()
        #expect(machine.ping()?.text == #"{"type":"ping"}"#)
        _ = machine.close()
        #expect(machine.ping() == nil)
    }

    @Test func `a payload nested deeper than clients may is passed on`() throws {
        var machine = try acknowledged(1)
        let deep = String(repeating: "[", count: 200) + String(repeating: "]", count: 200)
        guard case .next = machine.receive("{\"id\":\"1\",\"type\":\"next\",\"payload\":{\"data\":\(deep)}}") else {
            Issue.record("refused")
            return
        }
    }

    @Test func `mutated messages never trap and never leave their bytes`() throws {
        let seeds = [
            Self.result, Self.ack, #"{"id":"1","type":"error","payload":[{"message":"m"}]}"#, #"{"type":"ping"}"#,
            #"{"id":"1","type":"complete"}"#,
        ].map(\.bytes)
        var (generator, results) = (SplitMix(seed: 5), 0)
        var machine = try acknowledged(1)
        for _ in 0..<10_000 {
            let bytes = generator.mutate(seeds.randomElement(using: &generator)!, alphabet: "{}[]\",:\\1".bytes)
            switch machine.receive(bytes.span) {
            case .next(_, let range, _):
                results += 1
                #expect(JSONOracle.accepts(Array(bytes[range])))
            case .failed(_, let range):
                results += 1
                #expect(JSONOracle.accepts(GraphQLErrors.array(bytes.span, in: range)))
            case .close: machine = try acknowledged(1)
            case .none, .acknowledged, .send, .pong, .completed, .ignored, .misfit: break
            }
            if !machine.isActive(1) { machine = try acknowledged(1) }
        }
        #expect(results > 50)
    }
}
