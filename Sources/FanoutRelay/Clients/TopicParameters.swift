internal import Fanout

/// What a client asks of a topic with the parameters of its address.
struct TopicParameters: Equatable {
    /// How events are written.
    enum Format: String {
        /// JSON with the event's number, beside states and gaps.
        case event
        /// The bare GraphQL payload.
        case payload
    }

    /// By `format`; `event` when it isn't given.
    let format: Format
    /// By `after` or `last`.
    let startPosition: StartPosition
    /// By `lag`: what happens when the client is too slow; nil leaves that to the topic.
    let lagAction: TopicDefinition.LagAction?

    /// Reads parameters by their names.
    ///
    /// - Parameter lastEventID: The `Last-Event-ID` of a reader of server-sent events; it goes before `after` and `last`,
    ///   since a browser that comes back has the address that it had first.
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
