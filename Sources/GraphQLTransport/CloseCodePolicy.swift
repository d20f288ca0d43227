/// Which close codes of the upstream end the session and which are tried again.
///
/// The defaults are those of the reference client, with two differences. 1002 is retried, because the WebSocket
/// library in use reports 1012 to 1014 as 1002. 1000 is retried, because a server that closes normally under active
/// operations did not finish them (C16).
public struct CloseCodePolicy: Sendable, Hashable {
    /// What to do after a close.
    public enum Verdict: Sendable, Hashable {
        /// Give up: trying again would meet the same answer.
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

    /// The verdict of the default table.
    public static func defaultVerdict(on code: CloseCode) -> Verdict {
        switch code {
        case .normalClosure, .goingAway, .protocolError, .noStatusReceived, .abnormalClosure, .serviceRestart,
            .tryAgainLater, .badGateway:
            .retry
        case .internalServerError, .internalClientError, .badRequest, .badResponse, .unauthorized,
            .subprotocolNotAcceptable, .subscriberAlreadyExists, .tooManyInitialisationRequests:
            .fatal
        default:
            (1000...1999).contains(code.rawValue) ? .fatal : .retry
        }
    }
}
