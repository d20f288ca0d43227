import Testing

@testable import Fanout

struct EventWriterTests {
    private let writer = EventWriter(topic: "prices", epoch: "e1")

    /// A payload that makes the text around it `size` bytes long.
    private static func payload(filling size: Int, beside others: Int) -> String {
        #"{"data":""# + String(repeating: "x", count: size - others - 11) + #""}"#
    }

    @Test(arguments: [13, 125, 126, 127, 65535, 65536, 70000])
    func `a bare payload is one frame, whatever its size`(size: Int) {
        let payload = Self.payload(filling: size, beside: 0)
        let frames = writer.payloads(of: .events([payload]))
        #expect(frames.bytes == WireFrame(payload).bytes)
        #expect(frames.ends == [frames.bytes.count])
    }

    @Test(arguments: [100, 125, 126, 127, 65535, 65536, 70000])
    func `an event is one frame, whatever its size`(size: Int) {
        let head = #"{"type":"event","topic":"prices","epoch":"e1","sequence":41,"payload":"#
        let text = head + Self.payload(filling: size, beside: head.utf8.count + 1) + "}"
        #expect(text.utf8.count == size)
        let payload = String(text.dropFirst(head.count).dropLast())
        let frames = writer.events(of: .events(41, [payload]))
        #expect(frames.bytes == WireFrame(text).bytes)
        #expect(frames.ends == [frames.bytes.count])
    }

    @Test func `the events of a batch follow one another with their numbers`() {
        let frames = writer.events(of: .events(9, [#"{"data":1}"#, #"{"data":null,"errors":[]}"#, #"{"data":"é"}"#]))
        let expected = [
            #"{"type":"event","topic":"prices","epoch":"e1","sequence":9,"payload":{"data":1}}"#,
            #"{"type":"event","topic":"prices","epoch":"e1","sequence":10,"payload":{"data":null,"errors":[]}}"#,
            #"{"type":"event","topic":"prices","epoch":"e1","sequence":11,"payload":{"data":"é"}}"#,
        ].map { WireFrame($0).bytes }
        #expect(frames.bytes == expected.flatMap(\.self))
        #expect(frames.ends == [expected[0].count, expected[0].count + expected[1].count, frames.bytes.count])
    }

    @Test func `the largest number is written whole`() {
        let frames = writer.events(of: .events(.max, ["{}"]))
        let text = #"{"type":"event","topic":"prices","epoch":"e1","sequence":18446744073709551615,"payload":{}}"#
        #expect(frames.bytes == WireFrame(text).bytes)
    }

    @Test func `a gap says where and why`() {
        let frames = writer.events(of: Segment(.gap(after: 7, reason: #"the "link" broke"#), at: .zero))
        let text =
            #"{"type":"gap","topic":"prices","epoch":"e1","sequence":7,"reason":"the \"link\" broke"}"#
        #expect(frames.bytes == WireFrame(text).bytes)
        #expect(frames.ends == [frames.bytes.count])
    }

    @Test(arguments: [
        (TopicStatus.waiting, "waiting"), (.live, "live"), (.interrupted, "interrupted"), (.failed, "failed"),
    ])
    func `a state is told by its name`(status: TopicStatus, name: String) {
        let text = #"{"type":"status","topic":"prices","upstream":"\#(name)"}"#
        #expect(writer.events(of: .status(status)).bytes == WireFrame(text).bytes)
        #expect(writer.statusMessage(status) == Array(text.utf8))
    }

    @Test func `an error carries the upstream's errors as they are`() {
        let text = #"{"type":"error","topic":"prices","errors":[{"message":"no"}]}"#
        #expect(writer.errorMessage(Array(#"[{"message":"no"}]"#.utf8)) == Array(text.utf8))
    }

    @Test(arguments: [Segment.gap(after: 3), .status(.interrupted)])
    func `bare payloads leave out gaps and states`(segment: Segment) {
        let frames = writer.payloads(of: segment)
        #expect(frames.bytes == [])
        #expect(frames.ends == [0])
    }
}
