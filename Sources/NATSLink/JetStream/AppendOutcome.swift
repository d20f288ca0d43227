/// What became of a message that was to be appended at a certain place of a stream.
package enum AppendOutcome: Sendable, Hashable {
    /// It is stored, as this sequence.
    case stored(UInt64)
    /// It isn't stored: the stream ends elsewhere, at this sequence if the server says so.
    case conflict(last: UInt64?)
    /// It isn't stored: nobody took it, or the server says that it can't store now.
    case unavailable(String)
    /// It isn't stored, for a reason that no repetition cures.
    case rejected(JetStreamError)
    /// It wasn't sent.
    case refused(NATSRefusal)
    /// It may be stored or not: no answer came, or none that can be read.
    case unknown(JetStreamFailure)

    /// Judges an answer.
    ///
    /// - Parameter stream: The stream that has to have taken it.
    package init(_ answer: NATSAnswer, stream: String) {
        guard case .message(let message) = answer else {
            switch answer {
            case .refused(let refusal): self = .refused(refusal)
            case .noResponders: self = .unavailable("nobody takes it: no stream has the subject, or it has no leader")
            case .timedOut: self = .unknown(.timedOut)
            case .connectionLost, .message: self = .unknown(.connectionLost)
            }
            return
        }
        do throws(JetStreamFailure) {
            let acknowledgement = try APIAnswer(message.payload)
            let name = try acknowledgement.required("stream", try acknowledgement.text("stream"))
            guard name == stream else { throw .malformed("the stream '\(name)' took it, not '\(stream)'") }
            self = .stored(try acknowledgement.required("seq", try acknowledgement.number("seq")))
        } catch {
            guard case .rejected(let rejection) = error else {
                self = .unknown(error)
                return
            }
            self.init(rejection)
        }
    }

    private init(_ error: JetStreamError) {
        switch (error.errorCode, error.code) {
        case (JetStreamError.Known.wrongLastSequence, _): self = .conflict(last: Self.sequence(in: error.text))
        case (JetStreamError.Known.storeFailed, _), (_, 503): self = .unavailable(error.description)
        default: self = .rejected(error)
        }
    }

    /// The number at the end of `wrong last sequence: 17`.
    private static func sequence(in text: String) -> UInt64? {
        text.split(separator: " ").last.flatMap { $0.utf8.allSatisfy { $0 &- 0x30 < 10 } ? UInt64($0) : nil }
    }
}
