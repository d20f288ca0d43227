internal import WebSockets
internal import Wire

/// What a client is told whose subject has as many connections as it may.
extension SubjectLedger {
    static let refusal = "too many connections of your subject"

    private static let headers = [HTTPField(name: "Retry-After", value: "5")]

    /// The answer to its handshake.
    static var decision: UpgradeDecision { .refuse(status: 429, reason: refusal, headers: headers) }

    /// The answer to its request.
    static var response: HTTPResponse {
        var response = HTTPResponse.text(refusal, status: 429)
        response.headers += headers
        return response
    }
}
