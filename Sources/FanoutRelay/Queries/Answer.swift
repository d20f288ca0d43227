internal import WebSockets

/// What a client gets of its query or mutation, with what it holds until it is out.
///
/// Whoever lets go of it frees its bytes of the budget, and with the last one its operation's place.
struct Answer: Sendable {
    enum Content: Sendable {
        /// The only result, as the server sent it; without `data` nothing was executed.
        case result([UInt8], hasData: Bool)
        /// One of several results.
        case part([UInt8])
        /// There are no more.
        case end
        /// The server refused the operation: its JSON array of errors, as it was sent.
        case refused(errors: [UInt8])
        /// The relay has none.
        case failure(RelayFailure)
    }

    private(set) var content: Content
    private(set) var hold: AnswerBudget.Hold?
    private(set) var place: QueryPlace?

    init(_ content: Content, hold: AnswerBudget.Hold? = nil, place: QueryPlace? = nil) {
        self.content = content
        self.hold = hold
        self.place = place
    }

    /// What it holds, alone: its bytes are in other hands.
    var withoutContent: Answer {
        var rest = self
        rest.content = .end
        return rest
    }

    /// The bytes that it counts.
    var size: Int { hold?.bytes ?? 0 }

    /// The same, answered over HTTP.
    func response(_ mediaType: GraphQLMediaType) -> HTTPResponse {
        switch content {
        case .result(let bytes, let hasData):
            let status = hasData ? 200 : mediaType.requestErrorStatus
            return HTTPResponse(status: status, contentType: mediaType.rawValue, body: bytes)
        case .refused(let errors):
            let body = Array(#"{"errors":"#.utf8) + errors + [UInt8(ascii: "}")]
            return HTTPResponse(status: mediaType.requestErrorStatus, contentType: mediaType.rawValue, body: body)
        case .failure(let failure):
            return failure.response(mediaType)
        case .part, .end:
            return RelayFailure(.incrementalDelivery, "several results are sent over WebSockets only").response(
                mediaType
            )
        }
    }
}
