/// How a subscriber's events are written.
package enum Encoding: Int, CaseIterable {
    /// JSON frames of `fanout.v1.json`, with the event's number.
    case event
    /// The bare GraphQL payload.
    case payload
    /// `next` messages of graphql-transport-ws.
    case graphQL
    /// `next` messages with resume tokens and gaps, for clients that asked for them.
    case resumable
    /// Server-sent events with the JSON of `fanout.v1.json`.
    case eventStream
    /// Server-sent events with the bare GraphQL payload.
    case payloadStream
    /// `next` events of GraphQL over SSE.
    case graphQLStream

    /// Whether its messages carry their operation's id.
    package var hasID: Bool { self == .graphQL || self == .resumable }

    /// Whether it is a GraphQL operation's, which ends when the upstream's operation ends.
    package var isOperation: Bool { hasID || self == .graphQLStream }

    /// Whether its protocol has a message for gaps.
    package var tellsGaps: Bool {
        switch self {
        case .event, .resumable, .eventStream, .payloadStream: true
        case .payload, .graphQL, .graphQLStream: false
        }
    }
}
