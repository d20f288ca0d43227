import Testing

@testable import NATSLink

struct NATSSubjectTests {
    @Test(arguments: [
        ("a", false), ("a.b.c", false), ("$JS.API.INFO", false), ("_INBOX.1.2", false), ("*", true), (">", true),
        ("a.*.c", true), ("a.>", true),
    ])
    func `tokens with dots between them are a subject`(text: String, isPattern: Bool) throws {
        let subject = try NATSSubject(text)
        #expect(subject.text == text)
        #expect(subject.isPattern == isPattern)
    }

    @Test(arguments: [
        "", ".", "a.", ".a", "a..b", "a b", "a\tb", "a\r\nPUB b 0\r\n", "a\0b", "ä", "a*", "a.b*", ">.a", "a.>.b", "a>",
        String(repeating: "a", count: 1025),
    ])
    func `what would break the protocol is no subject`(text: String) {
        #expect(throws: NATSSubject.Invalid(text: text)) { try NATSSubject(text) }
    }

    @Test(arguments: [(nil, 3), (0, 47), (7, 47), (UInt64.max, 66)] as [(UInt64?, Int)])
    func `a message's size counts its headers as they are written`(lastSequence: UInt64?, size: Int) {
        let message = NATSOutgoing(subject: "a", reply: nil, lastSequence: lastSequence, payload: [1, 2, 3])
        let header = lastSequence.map { "NATS/1.0\r\nNats-Expected-Last-Sequence: \($0)\r\n\r\n" } ?? ""
        #expect(message.size == header.utf8.count + 3)
        #expect(message.size == size)
    }

    @Test func `headers are numbers in digits, or are missing`() {
        let values = [
            "Nats-Sequence": "18446744073709551615", "Nats-Last-Sequence": "+1", "Nats-Num-Pending": "0",
            "Status": "404", "Description": "Message Not Found",
        ]
        let headers = NATSHeaders { values["\($0)"] }
        #expect(
            headers
                == NATSHeaders(
                    sequence: .max,
                    lastSequence: nil,
                    pending: 0,
                    status: 404,
                    statusText: "Message Not Found"
                )
        )
        #expect(NATSHeaders { _ in "" } == NATSHeaders(subject: "", statusText: ""))
        #expect(NATSHeaders { _ in "18446744073709551616" }.sequence == nil)
    }
}
