/// A WebSocket close code: those of RFC 6455, of its registry, and of `graphql-transport-ws`.
public struct CloseCode: RawRepresentable, Hashable, Sendable {
    /// The number on the wire.
    public let rawValue: UInt16

    /// A code by its number, known or not.
    public init(rawValue: UInt16) { self.rawValue = rawValue }

    /// 1000: the purpose of the connection is fulfilled.
    public static let normalClosure = CloseCode(rawValue: 1000)

    /// 1001: the endpoint goes away, such as a server that shuts down.
    public static let goingAway = CloseCode(rawValue: 1001)

    /// 1002: a violation of the WebSocket protocol.
    public static let protocolError = CloseCode(rawValue: 1002)

    /// 1003: a kind of data that the endpoint does not accept.
    public static let unsupportedData = CloseCode(rawValue: 1003)

    /// 1005: the close frame held no code; never on the wire.
    public static let noStatusReceived = CloseCode(rawValue: 1005)

    /// 1006: the connection was lost without a close frame; never on the wire.
    public static let abnormalClosure = CloseCode(rawValue: 1006)

    /// 1007: a message that does not fit its type, such as text that is not UTF-8.
    public static let invalidFramePayload = CloseCode(rawValue: 1007)

    /// 1008: a violation of the endpoint's policy.
    public static let policyViolation = CloseCode(rawValue: 1008)

    /// 1009: a message too big to process.
    public static let messageTooBig = CloseCode(rawValue: 1009)

    /// 1010: the server negotiated no extension that the client needs.
    public static let mandatoryExtension = CloseCode(rawValue: 1010)

    /// 1011: the server met a condition that it did not expect.
    public static let internalError = CloseCode(rawValue: 1011)

    /// 1012: the service restarts.
    public static let serviceRestart = CloseCode(rawValue: 1012)

    /// 1013: try again later, such as after falling too far behind.
    public static let tryAgainLater = CloseCode(rawValue: 1013)

    /// 1014: a gateway received an invalid response from its upstream.
    public static let badGateway = CloseCode(rawValue: 1014)

    /// 1015: the TLS handshake failed; never on the wire.
    public static let tlsHandshake = CloseCode(rawValue: 1015)

    /// 4004: the server sent something invalid.
    public static let badResponse = CloseCode(rawValue: 4004)

    /// 4005: the client failed internally.
    public static let internalClientError = CloseCode(rawValue: 4005)

    /// True for 4401 and 4403: fresh credentials may help.
    package var refusesCredentials: Bool { self == .unauthorized || self == .forbidden }

    /// 4400: the client sent something invalid.
    public static let badRequest = CloseCode(rawValue: 4400)

    /// 4401: the client subscribed before it was acknowledged.
    public static let unauthorized = CloseCode(rawValue: 4401)

    /// 4403: the server rejected the `connection_init`.
    public static let forbidden = CloseCode(rawValue: 4403)

    /// 4406: the client offered no subprotocol that the server speaks.
    public static let subprotocolNotAcceptable = CloseCode(rawValue: 4406)

    /// 4408: no `connection_init` arrived in time.
    public static let connectionInitialisationTimeout = CloseCode(rawValue: 4408)

    /// 4409: a `subscribe` used the id of an active operation.
    public static let subscriberAlreadyExists = CloseCode(rawValue: 4409)

    /// 4429: a second `connection_init` arrived.
    public static let tooManyInitialisationRequests = CloseCode(rawValue: 4429)

    /// 4499: the client terminated the connection itself; never on the wire.
    public static let terminated = CloseCode(rawValue: 4499)

    /// 4500: the server failed internally.
    public static let internalServerError = CloseCode(rawValue: 4500)

    /// 4504: no `connection_ack` arrived in time.
    public static let connectionAcknowledgementTimeout = CloseCode(rawValue: 4504)
}
