import NATSLink
import Testing

struct AnswerTests {
    private static func message(_ text: String, _ headers: NATSHeaders = NATSHeaders()) -> NATSAnswer {
        .message(NATSMessage(subject: "_INBOX.1.1", headers: headers, payload: Array(text.utf8)))
    }

    private static func error(_ code: Int, _ number: Int, _ text: String) -> NATSAnswer {
        message(#"{"error":{"code":\#(code),"err_code":\#(number),"description":"\#(text)"}}"#)
    }

    @Test(
        arguments: [
            (message(#"{"stream":"S","seq":17}"#), .stored(17)),
            (message(#"{"stream":"S","domain":"hub","seq":18446744073709551615,"duplicate":true}"#), .stored(.max)),
            (error(400, 10071, "wrong last sequence: 17"), .conflict(last: 17)),
            (error(400, 10071, "wrong last sequence"), .conflict(last: nil)),
            (error(400, 10071, "wrong last sequence: +1"), .conflict(last: nil)),
            (error(503, 10077, "no space left on device"), .unavailable("no space left on device (10077)")),
            (
                error(503, 10008, "JetStream system temporarily unavailable"),
                .unavailable("JetStream system temporarily unavailable (10008)")
            ),
            (
                error(400, 10054, "message size exceeds maximum allowed"),
                .rejected(JetStreamError(code: 400, errorCode: 10054, text: "message size exceeds maximum allowed"))
            ),
            (.noResponders, .unavailable("nobody takes it: no stream has the subject, or it has no leader")),
            (.timedOut, .unknown(.timedOut)),
            (.connectionLost, .unknown(.connectionLost)),
            (.refused(.outboxFull), .refused(.outboxFull)),
            (message(#"{"stream":"T","seq":17}"#), .unknown(.malformed("the stream 'T' took it, not 'S'"))),
            (message(#"{"stream":"S"}"#), .unknown(.malformed("seq is missing"))),
            (
                message(#"{"stream":"S","seq":"17"}"#),
                .unknown(.malformed("seq is no whole number from 0 to \(UInt64.max)"))
            ),
            (message("+OK"), .unknown(.malformed("unexpected byte 0x2b at byte 0"))),
        ] as [(NATSAnswer, AppendOutcome)]
    )
    func `an append is stored, certainly not stored, or unknown`(answer: NATSAnswer, outcome: AppendOutcome) {
        #expect(AppendOutcome(answer, stream: "S") == outcome)
    }

    private static let stored = StoredMessage(sequence: 5, subject: "a.b", payload: Array("x".utf8))
    private static let batch = DirectGet.batch(from: 5, count: 1000, bytes: 1 << 20)

    @Test(
        arguments: [
            (.sequence(5), message("x", NATSHeaders(sequence: 5, subject: "a.b")), .message(stored, isLast: true)),
            (
                .sequence(5), message("x", NATSHeaders(sequence: 5, pending: 3, subject: "a.b")),
                .message(stored, isLast: true)
            ),
            (
                batch, message("x", NATSHeaders(sequence: 5, pending: 3, subject: "a.b")),
                .message(stored, isLast: false)
            ),
            (
                batch, message("x", NATSHeaders(sequence: 5, pending: 0, subject: "a.b")),
                .message(stored, isLast: false)
            ),
            // A server before 2.11 doesn't know batches, and sends no end.
            (batch, message("x", NATSHeaders(sequence: 5, subject: "a.b")), .message(stored, isLast: true)),
            (
                batch, message("", NATSHeaders(lastSequence: 9, pending: 4, status: 204, statusText: "EOB")),
                .end(pending: 4, last: 9)
            ),
            (.sequence(5), message("", NATSHeaders(status: 404, statusText: "Message Not Found")), .missing),
            (batch, message("", NATSHeaders(status: 404)), .missing),
            (
                .sequence(5), message("", NATSHeaders(status: 408, statusText: "Bad Request")),
                .failure(.rejected(JetStreamError(code: 408, errorCode: 0, text: "Bad Request")))
            ),
            (
                .sequence(5), message("", NATSHeaders(status: 500)),
                .failure(.rejected(JetStreamError(code: 500, errorCode: 0, text: "status 500")))
            ),
            (
                .sequence(5), message("x", NATSHeaders(subject: "a.b")),
                .failure(.malformed("a message without Nats-Sequence or Nats-Subject"))
            ),
            (
                .sequence(5), message("x", NATSHeaders(sequence: 5)),
                .failure(.malformed("a message without Nats-Sequence or Nats-Subject"))
            ),
            (.sequence(5), .noResponders, .failure(.noResponders)),
            (.sequence(5), .timedOut, .failure(.timedOut)),
            (.sequence(5), .connectionLost, .failure(.connectionLost)),
            (.sequence(5), .refused(.notConnected), .failure(.refused(.notConnected))),
        ] as [(DirectGet, NATSAnswer, DirectAnswer)]
    )
    func `a direct get has messages, an end, or nothing here`(
        question: DirectGet,
        answer: NATSAnswer,
        expected: DirectAnswer
    ) {
        let judged = DirectAnswer(answer, to: question)
        #expect(judged == expected)
        #expect(judged.isFollowed == (judged == .message(Self.stored, isLast: false)))
    }
}
