internal import Wire

extension CloseCode: CustomStringConvertible {
    /// The most bytes of UTF-8 that a close frame has room for after its code (RFC 6455 section 5.5).
    public static let maximumReasonLength = CloseFrame.maximumReasonLength

    /// The reason that is sent with the code when no other is given; empty for a code without a meaning here.
    ///
    /// For the codes of `graphql-transport-ws` it is the text of the reference implementation, which clients show.
    public var defaultReason: String {
        switch self {
        case .normalClosure: "Normal Closure"
        case .goingAway: "Going away"
        case .protocolError: "Protocol error"
        case .unsupportedData: "Unsupported data"
        case .noStatusReceived: "No status received"
        case .abnormalClosure: "Abnormal closure"
        case .invalidFramePayload: "Invalid frame payload"
        case .policyViolation: "Policy violation"
        case .messageTooBig: "Message too big"
        case .mandatoryExtension: "Mandatory extension"
        case .internalError: "Internal error"
        case .serviceRestart: "Service restart"
        case .tryAgainLater: "Try again later"
        case .badGateway: "Bad gateway"
        case .tlsHandshake: "TLS handshake"
        case .badResponse: "Bad response"
        case .internalClientError: "Internal client error"
        case .badRequest: "Invalid message received"
        case .unauthorized: "Unauthorized"
        case .forbidden: "Forbidden"
        case .subprotocolNotAcceptable: "Subprotocol not acceptable"
        case .connectionInitialisationTimeout: "Connection initialisation timeout"
        case .subscriberAlreadyExists: "Subscriber already exists"
        case .tooManyInitialisationRequests: "Too many initialisation requests"
        case .terminated: "Terminated"
        case .internalServerError: "Internal server error"
        case .connectionAcknowledgementTimeout: "Connection acknowledgement timeout"
        default: ""
        }
    }

    /// The number, and the default reason if there is one.
    public var description: String {
        defaultReason.isEmpty ? String(rawValue) : "\(rawValue) \(defaultReason)"
    }

    /// Whether an endpoint may send the code in a close frame (RFC 6455 section 7.4).
    public var isSendable: Bool { CloseFrame.maySend(rawValue) }

    /// The longest beginning of a reason that fits a close frame without cutting a character of UTF-8 (P21).
    public static func clip(_ reason: String) -> String { CloseFrame.clip(reason) }
}
