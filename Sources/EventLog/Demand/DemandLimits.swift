/// Bounds of what relays may want.
package struct DemandLimits: Sendable {
    /// Bytes of one request.
    package static let request = 1 << 20
    /// Topics that a relay wants, and parts in which it says so.
    package static let mostTopics = 1 << 18
    /// Topics of one message.
    package static let topicsOfMessage = 1 << 16

    /// Processes of relays that are remembered.
    package var relays: Int
    /// Topics that one relay wants, and those that all want together; up to `mostTopics`.
    package var topics: Int
    /// The sum over all relays of the topics that each wants; one takes about 50 bytes of memory.
    package var places: Int
    /// Bytes of all requests together.
    package var requestBytes: Int

    package init(
        relays: Int = 4096,
        topics: Int = DemandLimits.mostTopics,
        places: Int = 1 << 22,
        requestBytes: Int = 64 << 20
    ) {
        self.relays = relays
        self.topics = min(topics, Self.mostTopics)
        self.places = places
        self.requestBytes = requestBytes
    }
}

/// Why a topic isn't served although a relay wants it.
package enum DemandRefusal: Equatable, Sendable {
    case relays, topics, requestBytes

    /// For the log, and for clients.
    package var reason: String {
        switch self {
        case .relays: "the group has too many relays"
        case .topics: "the group's clients ask for too many topics"
        case .requestBytes: "the requests of the group's clients are too long together"
        }
    }
}

/// How long relays wait for what when they say which topics they want.
extension LogTiming {
    /// Each relay says that often what it wants.
    package var renewal: Duration { lease }
    /// A relay that hasn't said anything for so long wants nothing.
    package var demandLifetime: Duration { lease * 3 }
    /// Within so long each relay sends its whole set to a new leader.
    package var demandSpread: Duration { lease / 2 }
    /// A leader asks a relay for its whole set that often at most.
    package var resyncPause: Duration { lease / 2 }
    /// A relay that is asked for its whole set sends it that often at most.
    package var setPause: Duration { lease / 4 }
}
