internal import WebSockets

/// An answer to a client's query or mutation, with the budget that it holds until it is sent.
///
/// When the last copy is released, its bytes of the budget are free; after an operation's last answer its place is too.
struct Answer: Sendable {
    enum Content: Sendable {
        /// The only result, as the server sent it; without `data` the operation wasn't executed.
        case result([UInt8], hasData: Bool)
        /// One of several results.
        case part([UInt8])
        /// The end of several results.
        case end
        /// The server refused the operation; its errors are a JSON array, as the server sent it.
        case refused(errors: [UInt8])
        /// The relay has no result.
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

    /// What the answer holds, without its bytes, which have been handed over.
    var withoutContent: Answer {
        var rest = self
        rest.content = .end
        return rest
    }

    /// The bytes that it takes of the budget.
    var size: Int { hold?.bytes ?? 0 }

    /// The answer over HTTP.
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
