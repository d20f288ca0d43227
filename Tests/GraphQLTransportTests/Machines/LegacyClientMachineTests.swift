import GraphQLTransport
import TestSupport
import Testing

@Suite struct LegacyClientMachineTests {
    private static let ack = #"{"type":"connection_ack"}"#
    private static let result = #"{"id":"1","type":"data","payload":{"data":{"a":1}}}"#

    /// A machine that was acknowledged, with operations running.
    private func acknowledged(_ ids: UInt64...) throws -> ClientMachine {
        var machine = ClientMachine(.legacy)
        _ = machine.opened()
        #expect(machine.receive(Self.ack) == .acknowledged(payload: nil))
        for id in ids { #expect(machine.subscribe(id: id, try GraphQLRequest(query: "{a}")) != nil) }
        return machine
    }

    private func closes(_ action: ClientAction, _ code: CloseCode) -> Bool {
        guard case .close(code, let reason) = action else { return false }
        return !reason.isEmpty && reason.utf8.count <= 123
    }

    /// The errors of a failed operation as an array, as the session takes them.
    private func errors(_ machine: inout ClientMachine, _ text: String, of id: UInt64 = 1) -> String? {
        let bytes = text.bytes
        guard case .failed(id, let range) = machine.receive(bytes.span) else { return nil }
        return GraphQLErrors.array(bytes.span, in: range).text
    }

    @Test func `L1 a whole conversation`() throws {
        var machine = ClientMachine(.legacy, initPayload: #"{"token":"x"}"#.bytes)
        let request = try GraphQLRequest(query: "{a}", operationName: "A", variables: "{}")
        #expect(machine.subscribe(id: 1, request) == nil)
        #expect(machine.farewell() == nil)
        #expect(machine.opened().text == #"{"type":"connection_init","payload":{"token":"x"}}"#)
        #expect(machine.subscribe(id: 1, request) == nil)
        let ack = #"{"type":"connection_ack","payload":{"a":1}}"#.bytes
        guard case .acknowledged(let payload?) = machine.receive(ack.span) else {
            Issue.record("not acknowledged")
            return
        }
        #expect(ack.text(payload) == #"{"a":1}"#)
        #expect(machine.receive(Self.ack) == .ignored(reply: nil))
        #expect(
            machine.subscribe(id: 1, request)?.text
                == #"{"id":"1","type":"start","payload":{"query":"{a}","operationName":"A","variables":{}}}"#
        )
        let bytes = Self.result.bytes
        guard case .next(1, let range, false) = machine.receive(bytes.span) else {
            Issue.record("no result")
            return
        }
        #expect(bytes.text(range) == #"{"data":{"a":1}}"#)
        #expect(machine.receive(#"{"id":"1","type":"complete"}"#) == .completed(id: 1))
        #expect(machine.farewell()?.text == #"{"type":"connection_terminate"}"#)
        #expect(machine.close() == .close(.normalClosure, reason: "Normal Closure"))
        #expect(machine.farewell() == nil)
    }

    @Test func `L2 a ka is a sign of life, and only after the first one may another be expected`() throws {
        var machine = ClientMachine(.legacy)
        _ = machine.opened()
        _ = machine.receive(Self.ack)
        #expect(!machine.isKeptAlive)
        #expect(machine.receive(#"{"type":"ka"}"#) == .pong)
        #expect(machine.isKeptAlive)
        #expect(machine.receive(#"{"type":"ka","payload":null}"#) == .pong)
    }

    @Test func `L2 a ka may come before the ack`() {
        var machine = ClientMachine(.legacy)
        _ = machine.opened()
        #expect(machine.receive(#"{"type":"ka"}"#) == .pong)
        #expect(!machine.isAcknowledged)
        #expect(machine.receive(Self.ack) == .acknowledged(payload: nil))
    }

    @Test(arguments: [
        (#"{"type":"connection_error","payload":{"message":"bad token"}}"#, "connection_error: bad token"),
        (#"{"type":"connection_error","id":null,"payload":{"message":"bad"}}"#, "connection_error: bad"),
        (#"{"type":"connection_error","id":"1","payload":{"message":"bad"}}"#, "connection_error: bad"),
        (#"{"type":"connection_error","payload":"bad"}"#, "connection_error: bad"),
        (#"{"type":"connection_error","payload":{"code":1}}"#, "connection_error: Forbidden"),
        (#"{"type":"connection_error"}"#, "connection_error: Forbidden"),
    ])
    func `L3 a refused init closes 4403 with the server's words`(_ text: String, _ reason: String) {
        var machine = ClientMachine(.legacy)
        _ = machine.opened()
        #expect(machine.receive(text) == .close(.forbidden, reason: reason))
        #expect(machine.receive(Self.ack) == .none)
    }

    @Test(arguments: [
        (#"{"message":"m"}"#, #"[{"message":"m"}]"#),
        (#" {"message":"m","path":["a"]} "#, #"[{"message":"m","path":["a"]}]"#),
        (#"[{"message":"m"},{"message":"n"}]"#, #"[{"message":"m"},{"message":"n"}]"#),
        (#"{"errors":[{"message":"m"}]}"#, #"[{"message":"m"}]"#),
        (#"{"code":5}"#, #"[{"message":"the server named no reason","extensions":{"payload":{"code":5}}}]"#),
        (#"{"message":5}"#, #"[{"message":"the server named no reason","extensions":{"payload":{"message":5}}}]"#),
        ("[]", #"[{"message":"the server named no reason","extensions":{"payload":[]}}]"#),
        (#""x""#, #"[{"message":"the server named no reason","extensions":{"payload":"x"}}]"#),
    ])
    func `L4 an error ends its operation only, and is an array in the end`(_ payload: String, _ expected: String) throws
    {
        var machine = try acknowledged(1, 2)
        #expect(errors(&machine, "{\"id\":\"1\",\"type\":\"error\",\"payload\":\(payload)}") == expected)
        #expect(!machine.isActive(1))
        #expect(machine.isActive(2))
        #expect(machine.complete(id: 1) == nil)
    }

    @Test func `L4 an error without a payload ends its operation too`() throws {
        var machine = try acknowledged(1)
        #expect(errors(&machine, #"{"id":"1","type":"error"}"#) == #"[{"message":"the server named no reason"}]"#)
    }

    @Test(arguments: [
        (#"{"data":null}"#, false), (#"{"data":1,"errors":[]}"#, false), (#"{"errors":[{"message":"m"}]}"#, true),
        (#"{"data":null,"errors":[{"message":"m"}]}"#, true),
    ])
    func `L4 errors of resolvers stand inside data and end nothing`(_ payload: String, _ hasErrors: Bool) throws {
        var machine = try acknowledged(1)
        for _ in 0..<2 {
            guard
                case .next(1, _, hasErrors) = machine.receive("{\"id\":\"1\",\"type\":\"data\",\"payload\":\(payload)}")
            else {
                Issue.record("\(payload)")
                return
            }
        }
        #expect(machine.isActive(1))
    }

    @Test func `L5 stop is sent once, and the complete that answers it is ignored`() throws {
        var machine = try acknowledged(1, 2)
        #expect(machine.complete(id: 1)?.text == #"{"id":"1","type":"stop"}"#)
        #expect(machine.complete(id: 1) == nil)
        #expect(machine.receive(Self.result) == .none)
        #expect(machine.receive(#"{"id":"1","type":"complete"}"#) == .none)
        #expect(machine.receive(#"{"id":"2","type":"complete"}"#) == .completed(id: 2))
        #expect(machine.complete(id: 2) == nil)
    }

    @Test(arguments: ["", #""id":null,"#])
    func `L7 a connection_error without an id ends the link and is not swallowed`(_ id: String) throws {
        var machine = try acknowledged(1)
        let action = machine.receive("{\(id)\"type\":\"connection_error\",\"payload\":{\"message\":\"m\"}}")
        #expect(action == .close(.badResponse, reason: "connection_error: m"))
        #expect(machine.closed() == [1])
    }

    @Test(arguments: [1, 9] as [UInt64?] + [nil])
    func `L7 a connection_error before the ack refuses the link, though of it only a sketch is left`(_ id: UInt64?) {
        var machine = ClientMachine(.legacy)
        _ = machine.opened()
        let sketch = MessageSketcher.sketch(Self.connectionError(id).bytes.span)
        #expect(closes(machine.receive(sketch, .tooLarge), .forbidden))
    }

    private static func connectionError(_ id: UInt64?) -> String {
        let place = id.map { #""id":"\#($0)","# } ?? ""
        return #"{\#(place)"type":"connection_error","payload":{"message":"m"}}"#
    }

    @Test func `L7 a connection_error of an operation that there isn't is ignored`() throws {
        var machine = try acknowledged(1, 2)
        _ = machine.complete(id: 2)
        #expect(machine.receive(#"{"id":"2","type":"connection_error","payload":{"message":"m"}}"#) == .none)
        #expect(machine.receive(#"{"id":"9","type":"connection_error"}"#) == .ignored(reply: nil))
        #expect(machine.receive(#"{"id":1,"type":"connection_error"}"#) == .ignored(reply: nil))
        #expect(machine.isActive(1))
    }

    @Test func `L7 a connection_error with the id of an operation ends that one`() throws {
        var machine = try acknowledged(1, 2)
        let text = #"{"id":"1","type":"connection_error","payload":{"message":"m"}}"#
        #expect(errors(&machine, text) == #"[{"message":"m"}]"#)
        #expect(machine.isActive(2))
        #expect(machine.isAcknowledged)
    }

    @Test func `L8 a terminal failure is a result with errors, then the end`() throws {
        var machine = try acknowledged(1)
        guard
            case .next(1, _, true) = machine.receive(
                #"{"id":"1","type":"data","payload":{"data":null,"errors":[{"message":"m"}]}}"#
            )
        else {
            Issue.record("no result")
            return
        }
        #expect(machine.receive(#"{"id":"1","type":"complete"}"#) == .completed(id: 1))
    }

    @Test(arguments: [
        result, #"{"id":"1","type":"complete"}"#, #"{"id":"1","type":"error","payload":{"message":"m"}}"#,
        #"{"id":"1","type":"data","payload":NaN}"#, "x",
    ])
    func `C2 an operation's message before the ack closes 4004`(_ text: String) {
        var machine = ClientMachine(.legacy)
        _ = machine.opened()
        #expect(closes(machine.receive(text), .badResponse))
        #expect(machine.receive(Self.ack) == .none)
    }

    @Test func `C3 a late ack closes 4504, and the timer means nothing after the ack`() throws {
        var machine = ClientMachine(.legacy)
        _ = machine.opened()
        #expect(closes(machine.acknowledgementTimedOut(), .connectionAcknowledgementTimeout))
        #expect(machine.acknowledgementTimedOut() == .none)
        var other = try acknowledged()
        #expect(other.acknowledgementTimedOut() == .none)
    }

    @Test(arguments: ["", "{", "[]", "x", #"{"id":"1","type":"data","payload":{"data":1}"#])
    func `C7 what is no JSON object closes 4004 and ends the reading`(_ text: String) throws {
        var machine = try acknowledged(1)
        #expect(closes(machine.receive(text), .badResponse), "\(text)")
        #expect(machine.receive(Self.result) == .none)
        #expect(machine.receive(#"{"type":"ka"}"#) == .none)
        #expect(machine.closed() == [1])
    }

    @Test(arguments: ["null", "[]", #""x""#, "7", ""])
    func `C7 a payload that is no object ends its operation, and the server is told`(_ payload: String) throws {
        var machine = try acknowledged(1, 2)
        let bytes = (#"{"id":"1","type":"data""# + (payload.isEmpty ? "}" : ",\"payload\":\(payload)}")).bytes
        guard case .misfit(id: 1, .payload(let place), reply: let reply) = machine.receive(bytes.span) else {
            Issue.record("\(payload)")
            return
        }
        #expect(bytes.text(place) == payload)
        #expect(reply?.text == #"{"id":"1","type":"stop"}"#)
        #expect(machine.isActive(2))
        #expect(machine.complete(id: 1) == nil)
    }

    @Test(arguments: ["data", "error", "connection_error"])
    func `C7 what can't be read ends its operation, if its id can be`(_ type: String) throws {
        var machine = try acknowledged(1, 2)
        guard
            case .misfit(id: 1, .malformed, reply: let reply) = machine.receive(
                "{\"payload\":{\"data\":NaN},\"type\":\"\(type)\",\"id\":\"1\"}"
            )
        else {
            Issue.record("\(type)")
            return
        }
        #expect(reply?.text == (type == "data" ? #"{"id":"1","type":"stop"}"# : nil))
        #expect(machine.isActive(2))
    }

    @Test(arguments: ["{}", #"{"hasNext":true,"incremental":[]}"#, #"{"path":["a"],"data":{}}"#])
    func `C7 any object is a result, as incremental delivery needs it`(_ payload: String) throws {
        var machine = try acknowledged(1)
        guard case .next(1, _, false) = machine.receive("{\"id\":\"1\",\"type\":\"data\",\"payload\":\(payload)}")
        else {
            Issue.record("\(payload)")
            return
        }
    }

    @Test(arguments: [
        "{}", #"{"type":"start","id":"1","payload":{"query":"{a}"}}"#, #"{"type":"ping"}"#,
        #"{"id":"1","type":"start_ack"}"#,
        #"{"type":"connection_ack","payload":"x"}"#, #"{"type":"data","payload":{"data":1}}"#,
        #"{"type":"data","id":1,"payload":{"data":1}}"#, #"{"type":"data","id":"","payload":7}"#,
        #"{"type":"error","payload":{"message":"m"}}"#, #"{"type":"complete"}"#, #"{"type":"complete","id":null}"#,
        #"{"type":"next","id":"1","payload":{"data":1}}"#,
    ])
    func `C7 messages of other types and for ids that there never were are counted and ignored`(_ text: String) throws {
        var machine = try acknowledged(1)
        #expect(machine.receive(text) == .ignored(reply: nil))
        #expect(machine.isActive(1))
    }

    @Test(arguments: ["2", "01", "x", "18446744073709551616"])
    func `C6 messages for an id that no operation ever had are counted and ignored`(_ id: String) throws {
        var machine = try acknowledged(1)
        #expect(
            machine.receive("{\"id\":\"\(id)\",\"type\":\"data\",\"payload\":{\"data\":1}}") == .ignored(reply: nil)
        )
        #expect(machine.receive("{\"id\":\"\(id)\",\"type\":\"error\",\"payload\":{}}") == .ignored(reply: nil))
        #expect(machine.receive("{\"id\":\"\(id)\",\"type\":\"complete\"}") == .ignored(reply: nil))
        #expect(machine.isActive(1))
    }

    @Test func `mutated messages never trap and never leave their bytes`() throws {
        let seeds = [
            Self.result, Self.ack, #"{"id":"1","type":"error","payload":{"message":"m"}}"#, #"{"type":"ka"}"#,
            #"{"id":"1","type":"complete"}"#, #"{"id":"1","type":"connection_error","payload":{"message":"m"}}"#,
        ].map(\.bytes)
        var generator = SplitMix(seed: 6)
        var machine = try acknowledged(1)
        var results = 0
        var failures = 0
        for _ in 0..<10_000 {
            var bytes = seeds.randomElement(using: &generator)!
            if Int.random(in: 0..<10, using: &generator) > 0 {
                bytes = generator.mutate(bytes, alphabet: "{}[]\",:\\1".bytes)
            }
            switch machine.receive(bytes.span) {
            case .next(_, let range, _):
                results += 1
                #expect(JSONOracle.accepts(Array(bytes[range])))
            case .failed(_, let range):
                failures += 1
                let errors = GraphQLErrors.array(bytes.span, in: range)
                #expect(JSONOracle.accepts(errors) && errors.first == UInt8(ascii: "["))
            case .close: machine = try acknowledged(1)
            case .none, .acknowledged, .send, .pong, .completed, .ignored, .misfit: break
            }
            if !machine.isActive(1) { machine = try acknowledged(1) }
        }
        #expect(results > 50 && failures > 50)
    }
}
