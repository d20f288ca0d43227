import GraphQLTransport
import TestSupport
import Testing

/// Whose a message is, without keeping it.
@Suite struct MessageSketcherTests {
    /// What a machine of one operation makes of a message that wasn't kept: the id, if it is that operation's result.
    private func owner(_ sketch: MessageSketch?) throws -> UInt64? {
        var machine = ClientMachine()
        _ = machine.opened()
        _ = machine.receive(#"{"type":"connection_ack"}"#)
        for id in [1, 12, UInt64.max] { _ = machine.subscribe(id: id, try GraphQLRequest(query: "{a}")) }
        guard case .misfit(let id, .tooLarge, _) = machine.receive(sketch, .tooLarge) else { return nil }
        return id
    }

    @Test(arguments: [
        #"{"id":"12","type":"next","payload":{"data":1}}"#, #"{"payload":{"data":1},"type":"next","id":"12"}"#,
        #" { "type" : "next" , "payload" : [ { } , "}" , -1.5e3 ] , "id" : "12" } "#,
        #"{"\u0069d":"\u0031\u0032","ty\u0070e":"nex\u0074"}"#, #"{"id":"1","id":"12","type":"ping","type":"next"}"#,
        #"{"payload":{"id":"1","type":"ping","a":{"id":"1"}},"id":"12","type":"next"}"#,
        #"{"payload":"{\"id\":\"1\"","id":"12","type":"next"}"#, #"{"payload":{"a":"\\"},"id":"12","type":"next"}"#,
        #"{"payload":["\u12"],"id":"12","type":"next"}"#, #"{"payload":NaN,"id":"12","type":"next"}"#,
        #"{"a":true,"b":null,"c":7,"d":"\u0041\/\n","id":"12","type":"next"}"#,
        #"{"ids":"1","i":"1","":"1","identity of something else":"1","id":"12","type":"next"}"#,
    ])
    func `the id and the type are found wherever they stand`(_ text: String) throws {
        let bytes = text.bytes
        let sketch = MessageSketcher.sketch(bytes.span)
        #expect(try owner(sketch) == 12)
    }

    @Test(arguments: [
        #"{"payload":{"id":"12","type":"next"}}"#, #"{"id":12,"type":"next"}"#, #"{"id":"12"}"#, #"{"type":"next"}"#,
        #"{"id":"12","id":null,"type":"next"}"#, #"{"id":["12"],"type":["next"]}"#, #"{"id":"012","type":"next"}"#,
        #"{"id":"12\u0000","type":"next"}"#, #"{"id":"12","type":"next of kin"}"#, #"{"id":"１２","type":"next"}"#,
        #"{"id":"12","type":{"type":"next"}}"#, #"{"id":"184467440737095516150","type":"next"}"#, "{}",
    ])
    func `a message that names no operation has a sketch, and no owner`(_ text: String) throws {
        let bytes = text.bytes
        let sketch = MessageSketcher.sketch(bytes.span)
        #expect(sketch != nil)
        #expect(try owner(sketch) == nil)
    }

    @Test(arguments: [
        "", "[]", "x", #""id""#, "{", #"{"id":"12","type":"next""#, #"{"id":"12","type":"next"}}"#, #"{"id""12"}"#,
        #"{"id":"12",,"type":"next"}"#, #"{"id":}"#, #"{"id":"\u00g0"}"#, #"{"a":[}"#, #"{"a":1"b":2}"#, #"{,}"#,
    ])
    func `what is no object has no sketch`(_ text: String) {
        let bytes = text.bytes
        let sketch = MessageSketcher.sketch(bytes.span)
        #expect(sketch == nil)
    }

    @Test func `pieces of any size make the same sketch as the whole`() throws {
        let seeds = [
            #"{"id":"12","type":"next","payload":{"data":{"a":["x\"\\",1.5e3,{"id":"1"}]}}}"#,
            #"{ "payload" : "\u0041\ud83d\ude00\n{[" , "\u0069d" : "1\u0032" , "type" : "next" } "#,
            #"{"a":[[[{}]]],"type":"error","b":null,"id":"1"}"#,
        ].map(\.bytes)
        var generator = SplitMix(seed: 8)
        var sketches = 0
        for round in 0..<3_000 {
            var bytes = seeds[round % seeds.count]
            if round.isMultiple(of: 2) { bytes = generator.mutate(bytes, alphabet: "{}[]\",:\\1u".bytes) }
            let whole = MessageSketcher.sketch(bytes.span)
            var sketcher = MessageSketcher()
            var position = 0
            while position < bytes.count {
                let end = Int.random(in: position...bytes.count, using: &generator)
                sketcher.take(bytes.span.extracting(position..<end))
                position = end
            }
            #expect(sketcher.sketch == whole, "\(bytes.text)")
            if whole != nil { sketches += 1 }
        }
        #expect(sketches > 1_500)
    }

    @Test func `whatever the scanner reads, the sketcher tells alike`() throws {
        let seeds = [
            #"{"id":"12","type":"next","payload":{"data":{"a":["x\"\\",1.5e3,{"id":"1"}]}}}"#,
            #"{"payload":{"id":"1","type":"x"},"id":"1","type":"next","id":"12"}"#,
        ].map(\.bytes)
        var generator = SplitMix(seed: 9)
        var results = 0
        for _ in 0..<5_000 {
            let bytes = generator.mutate(seeds.randomElement(using: &generator)!, alphabet: "{}[]\",:\\12".bytes)
            guard let message = try? MessageScanner.scan(bytes.span) else { continue }
            let sketch = MessageSketcher.sketch(bytes.span)
            #expect(sketch != nil, "\(bytes.text)")
            guard let owner = try owner(sketch) else { continue }
            results += 1
            #expect(message.kind == .next || message.kind == .error)
            #expect(bytes.text(message.id.contents) == "\(owner)")
        }
        #expect(results > 50)
    }
}
