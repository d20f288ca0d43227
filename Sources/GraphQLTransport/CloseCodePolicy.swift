/// After which close codes of the upstream a session connects anew as its back-off says, and after which it pauses.
///
/// The defaults are for a link that everybody shares and that is to stay. What a server may send while it restarts,
/// fails, sleeps or is overloaded is retried; what the same answer would meet again is fatal. They differ from those of
/// the reference client, which serves one user: 1000 is retried, because a server that closes normally under active
/// operations did not finish them (C16); 1002, 1011 and 4500 are, because the next link may well do better; 4403 is
/// fatal like 4401, because credentials that were refused are refused again.
public struct CloseCodePolicy: Sendable, Hashable {
    /// What to do after a close.
    public enum Verdict: Sendable, Hashable {
        /// Pause or give up, as is configured: trying again would most likely meet the same answer.
        case fatal

        /// Connect again, as the back-off says.
        case retry
    }

    private var overrides: [CloseCode: Verdict] = [:]

    /// The default table.
    public init() {}

    /// The verdict on a code; setting it overrides the default table.
    public subscript(_ code: CloseCode) -> Verdict {
        get { overrides[code] ?? Self.defaultVerdict(on: code) }
        set { overrides[code] = newValue }
    }

    /// Whether the verdict on a code was set, and isn't the default table's.
    package func isChosen(_ code: CloseCode) -> Bool { overrides[code] != nil }

    /// The verdict of the default table.
    public static func defaultVerdict(on code: CloseCode) -> Verdict {
        switch code {
        case .normalClosure, .goingAway, .protocolError, .noStatusReceived, .abnormalClosure, .internalError,
            .serviceRestart, .tryAgainLater, .badGateway:
            .retry
        case .internalClientError, .badRequest, .badResponse, .unauthorized, .forbidden, .subprotocolNotAcceptable,
            .subscriberAlreadyExists, .tooManyInitialisationRequests:
            .fatal
        default:
            (1000...1999).contains(code.rawValue) ? .fatal : .retry
        }
    }
}
