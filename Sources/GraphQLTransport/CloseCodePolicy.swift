/// Decides by the upstream's close code whether a session reconnects by its back-off, or treats the close as fatal.
///
/// The defaults are for a shared link that is meant to last. A code that a server may send while it restarts, fails,
/// sleeps or is overloaded is retried. A code that would most likely come again is fatal. The defaults differ from
/// those of the reference client, which serves one user: 1000 is retried, because a server that closes normally while
/// operations are active didn't finish them (C16); 1002, 1011 and 4500 are retried, because the next link may do
/// better; 4403 is fatal like 4401, because credentials that were refused will be refused again.
public struct CloseCodePolicy: Sendable, Hashable {
    /// What to do after a close.
    public enum Verdict: Sendable, Hashable {
        /// Pause or give up, as configured: another attempt would most likely get the same answer.
        case fatal

        /// Connect again, by the back-off.
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

    /// Whether the verdict on a code was set by the user, and not by the default table.
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
