internal import GraphQLTransport

/// What a server answers in place of what was asked for.
package struct JetStreamError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The kind, as HTTP has it: 400, 404, 503.
    package let code: Int
    /// Which error it is; zero where the server doesn't say.
    package let errorCode: Int
    /// The server's words, on one line.
    package let text: String

    package init(code: Int, errorCode: Int, text: String) {
        self.code = code
        self.errorCode = errorCode
        self.text = text.onOneLine
    }

    /// The errors that somebody here tells from others.
    package enum Known {
        /// The account may not use JetStream.
        package static let notEnabled = 10039
        package static let streamNotFound = 10059
        package static let streamNameInUse = 10058
        /// The stream's last sequence isn't the expected one.
        package static let wrongLastSequence = 10071
        /// The message couldn't be stored: the disk is full, or there is no quorum.
        package static let storeFailed = 10077
    }

    package var description: String { errorCode == 0 ? "\(text) (\(code))" : "\(text) (\(errorCode))" }
}

/// Why there is no answer of JetStream that can be used.
package enum JetStreamFailure: Error, Sendable, Hashable, CustomStringConvertible {
    /// The server says no.
    case rejected(JetStreamError)
    /// Nobody answers at the subject: JetStream is off, or has no leader, or there is no such stream.
    case noResponders
    case timedOut
    case connectionLost
    /// The question wasn't sent.
    case refused(NATSRefusal)
    /// What came isn't such an answer.
    case malformed(String)

    /// Whether there is no such stream.
    package var isAbsence: Bool {
        if case .rejected(let error) = self { error.errorCode == JetStreamError.Known.streamNotFound } else { false }
    }

    package var description: String {
        switch self {
        case .rejected(let error): error.description
        case .noResponders: "nobody answers for JetStream"
        case .timedOut: "no answer in time"
        case .connectionLost: "the connection was lost"
        case .refused(let refusal): refusal.description
        case .malformed(let text): "an answer that can't be read: \(text)"
        }
    }

    /// The failure of a request that got no message; nil for one that got one.
    init?(_ answer: NATSAnswer) {
        switch answer {
        case .message: return nil
        case .noResponders: self = .noResponders
        case .timedOut: self = .timedOut
        case .connectionLost: self = .connectionLost
        case .refused(let refusal): self = .refused(refusal)
        }
    }
}
