import TestSupport
import Testing

@testable import FanoutLoad

@Suite struct EnvelopeTests {
    static func envelope(_ text: String) -> (kind: Envelope.Kind?, id: String?, epoch: String?, sequence: Int64?) {
        let bytes = Array(text.utf8)
        let envelope = Envelope(bytes.span, wanted: [.type, .id, .epoch, .sequence])
        let content = { (range: Range<Int>?) in range.map { String(decoding: bytes[$0], as: UTF8.self) } }
        return (envelope.kind, content(envelope.id), content(envelope.epoch), envelope.sequence)
    }

    @Test(arguments: [
        #"{"type":"event","topic":"tick","epoch":"e1","sequence":17,"payload":{"sequence":3}}"#,
        #"{"payload":{"type":"gap","sequence":3,"a":["}",{"b":"\"}"}]},"sequence":17,"epoch":"e1","type":"event"}"#,
        #" { "sequence" : 17 , "x" : [1,{}] , "epoch" : "e1" , "y":null, "type" : "event" } "#,
    ])
    func `an event's members are found in any order, and none in its payload`(text: String) {
        let envelope = Self.envelope(text)
        #expect(envelope.kind == .event)
        #expect(envelope.epoch == "e1")
        #expect(envelope.sequence == 17)
        #expect(envelope.id == nil)
    }

    @Test(arguments: [
        ("event", Envelope.Kind.event), ("gap", .gap), ("status", .status), ("connection_ack", .connectionAck),
        ("next", .next), ("error", .error), ("complete", .complete), ("ping", .ping), ("pong", .pong),
        ("nexts", .other),
    ])
    func `every type has its kind`(type: String, kind: Envelope.Kind) {
        let envelope = Self.envelope(#"{"id":"a-b","type":"\#(type)"}"#)
        #expect(envelope.kind == kind)
        #expect(envelope.id == "a-b")
    }

    @Test(arguments: [
        "", "{", "[]", "17", "{\"type\"", "{\"type\":", "{\"type\":\"next", "{\"type\":\"\\", "{\"type\":5}", "{}",
        "{\"a\":[[[[",
    ])
    func `what is no envelope has no kind and traps nothing`(text: String) {
        #expect(Self.envelope(text).kind == nil)
    }

    @Test func `a cut envelope tells what came before the cut`() {
        let envelope = Self.envelope(#"{"type":"event","sequence":5,"payload":{"te"#)
        #expect(envelope.kind == .event)
        #expect(envelope.sequence == 5)
    }

    @Test(
        arguments: [
            (#"{"data":{"tick":{"n":17,"m":1}}}"#, 17),
            (#"{"data":{"tick":{"m":1,"n" :\#t-5 }}}"#, -5),
            (#"{"data":{"n":{"n":3}}}"#, 3),
            (#"{"n":"x","a":{"n":4}}"#, 4),
            (#"{"a":"\"n\":9","n":1}"#, 1),
            (#"{"a":"n","b":[{"n":2}]}"#, 2),
            (#"{"n":1.5,"b":{"n":6}}"#, 6),
            (#"{"n":9223372036854775807}"#, .max),
            (#"{"n":-9223372036854775808}"#, .min),
            (#"{"n":9223372036854775808}"#, nil),
            (#"{"nn":1,"N":2}"#, nil),
            (#"{"n":12"#, nil),
            (#"{"n""#, nil),
            (#"{"n":"#, nil),
            ("", nil),
        ] as [(String, Int64?)]
    )
    func `the first integer of the name is found`(text: String, expected: Int64?) {
        #expect(NumberSearch(name: "n").first(in: Array(text.utf8).span) == expected)
    }

    @Test func `random bytes of JSON's alphabet never trap`() {
        var generator = SplitMix(seed: 9)
        let alphabet = Array(#"{}[]",:\n17 type id-"#.utf8)
        for _ in 0..<5000 {
            let bytes = (0..<40).map { _ in alphabet[Int.random(in: 0..<alphabet.count, using: &generator)] }
            _ = Envelope(bytes.span, wanted: [.type, .id, .epoch, .sequence])
            _ = NumberSearch(name: "n").first(in: bytes.span)
        }
    }
}
