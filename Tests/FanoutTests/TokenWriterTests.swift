import Testing

@testable import Fanout

struct TokenWriterTests {
    private let writer = TokenWriter(epoch: #"e"1"#)

    private func texts(_ segment: Segment) -> [String] {
        let payloads = writer.payloads(of: segment)
        return payloads.ends.indices.map { String(decoding: payloads.bytes[payloads.range(of: $0)], as: UTF8.self) }
    }

    @Test func `every payload of a batch has its own token`() {
        let texts = texts(.events(9, [#"{"data":1}"#, #"{"data":2,"extensions":{"cost":3}}"#]))
        #expect(
            texts == [
                #"{"data":1,"extensions":{"relay":{"token":"e\"1:9"}}}"#,
                #"{"data":2,"extensions":{"cost":3,"relay":{"token":"e\"1:10"}}}"#,
            ]
        )
    }

    @Test func `a gap is a payload without data, a state is none`() {
        let gap = #"{"data":null,"extensions":{"relay":{"token":"e\"1:7","gap":{"after":"e\"1:7","reason":"lost"}}}}"#
        #expect(texts(.gap(after: 7)) == [gap])
        #expect(texts(.status(.live)) == [""])
        #expect(texts(Segment(.refused(errors: []), at: .zero)) == [""])
    }

    @Test func `a gap says from where and up to where`() {
        let text = String(decoding: writer.gap(after: 7, until: 12, reason: #""slow""#), as: UTF8.self)
        let relay = #"{"token":"e\"1:12","gap":{"after":"e\"1:7","reason":"\"slow\""}}"#
        #expect(text == #"{"data":null,"extensions":{"relay":\#(relay)}}"#)
    }

    @Test func `an operation begins with a token`() {
        let text = String(decoding: writer.opening(at: 0), as: UTF8.self)
        #expect(text == #"{"data":null,"extensions":{"relay":{"token":"e\"1:0"}}}"#)
    }
}
