/// A question for messages of a stream by their place, which any server that has a replica of it may answer.
package enum DirectGet: Sendable, Hashable {
    /// The message of this sequence.
    case sequence(UInt64)
    /// The last message of a subject.
    case last(of: NATSSubject)
    /// Messages from this sequence on: so many at most, and of so many bytes at most together.
    ///
    /// Servers before 2.11 answer with the first one alone, without the header that says how many follow.
    case batch(from: UInt64, count: Int, bytes: Int)

    /// Where it is asked.
    func subject(stream: String) throws(NATSSubject.Invalid) -> NATSSubject {
        switch self {
        case .sequence, .batch: try NATSSubject("$JS.API.DIRECT.GET.\(stream)")
        case .last(let subject): try NATSSubject("$JS.API.DIRECT.GET.\(stream).\(subject)")
        }
    }

    /// The question.
    var payload: [UInt8] {
        var writer = ObjectWriter()
        switch self {
        case .sequence(let sequence): writer.number("seq", sequence)
        case .last: return []
        case .batch(let first, let count, let bytes):
            writer.number("seq", first)
            writer.number("batch", max(1, count))
            writer.number("max_bytes", max(1, bytes))
        }
        return writer.bytes
    }

    var isBatch: Bool { if case .batch = self { true } else { false } }
}

/// A message out of a stream.
package struct StoredMessage: Sendable, Hashable {
    package let sequence: UInt64
    /// What it was published to.
    package let subject: String
    package let payload: [UInt8]

    package init(sequence: UInt64, subject: String, payload: [UInt8]) {
        self.sequence = sequence
        self.subject = subject
        self.payload = payload
    }
}

/// One answer to a direct get.
package enum DirectAnswer: Sendable, Hashable {
    /// A message; after it come further ones of the batch, or its end, if `isLast` is false.
    case message(StoredMessage, isLast: Bool)
    /// There is no such message here (404).
    ///
    /// It may be gone, or the replica that was asked may not have it yet: compare with `StreamInfo.firstSequence`.
    case missing
    /// The batch is over; so many messages follow in the stream, up to the last one there.
    case end(pending: UInt64, last: UInt64?)
    case failure(JetStreamFailure)

    /// Judges an answer.
    package init(_ answer: NATSAnswer, to question: DirectGet) {
        guard case .message(let message) = answer else {
            self = .failure(JetStreamFailure(answer) ?? .connectionLost)
            return
        }
        let headers = message.headers
        guard let status = headers.status else {
            guard let sequence = headers.sequence, let subject = headers.subject else {
                self = .failure(.malformed("a message without Nats-Sequence or Nats-Subject"))
                return
            }
            let stored = StoredMessage(sequence: sequence, subject: subject, payload: message.payload)
            // Only who answers batches says how many follow; and the end is told for itself.
            self = .message(stored, isLast: !question.isBatch || headers.pending == nil)
            return
        }
        switch status {
        case 204: self = .end(pending: headers.pending ?? 0, last: headers.lastSequence)
        case 404: self = .missing
        default:
            let text = headers.statusText ?? "status \(status)"
            self = .failure(.rejected(JetStreamError(code: status, errorCode: 0, text: text)))
        }
    }

    /// Whether further answers to the same question come.
    package var isFollowed: Bool { if case .message(_, isLast: false) = self { true } else { false } }
}
