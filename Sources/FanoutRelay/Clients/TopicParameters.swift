internal import Fanout
internal import GraphQLTransport

/// The parameters of a request for a topic.
struct TopicParameters: Equatable {
    /// How events are written.
    enum Format: String {
        /// JSON with the event's number; states and gaps are messages too.
        case event
        /// The bare GraphQL payload.
        case payload
    }

    /// From `format`; `event` when it isn't given.
    let format: Format
    /// From `after` or `last`.
    let startPosition: StartPosition
    /// From `lag`: what happens when the client is too slow; nil uses the topic's action.
    let lagAction: TopicDefinition.LagAction?

    /// Reads the parameters of a request.
    ///
    /// - Parameter lastEventID: The `Last-Event-ID` of a reader of server-sent events. It overrides `after` and `last`,
    ///   since a browser that reconnects uses the first address again.
    init(_ parameter: (String) -> String?, lastEventID: String? = nil) throws(StartPositionError) {
        let name = parameter("format")
        guard let format = name.map(Format.init(rawValue:)) ?? .event else {
            throw StartPositionError(allowed: "format is event or payload, not \(name?.prefix(100) ?? "")")
        }
        self.format = format
        if let lastEventID {
            startPosition = .after(ResumeToken(lastEventID) ?? .unknown)
        } else {
            startPosition = try StartPosition(after: parameter("after"), last: parameter("last"))
        }
        lagAction = try TopicDefinition.LagAction(asked: parameter("lag"))
    }
}
