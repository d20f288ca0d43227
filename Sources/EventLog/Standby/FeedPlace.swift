/// Where a standby's own feed of a topic goes on from the log, as far as the standby can know.
package enum FeedPlace: Equatable, Sendable {
    /// The payload with this index, counted since the operation began, is the first that the log lacks.
    ///
    /// It may be the one that comes next.
    case found(Int)
    /// Nobody can say yet; more payloads or time may tell.
    case pending(AlignmentObstacle)
    /// Nobody will be able to say, unless the log goes on.
    case none(AlignmentObstacle)
}

/// Why a standby can't say where its feed goes on from the log.
package enum AlignmentObstacle: Hashable, Sendable, CaseIterable {
    /// The operation had not yet been known to run for long enough.
    case young
    /// The leader's own operation had only just begun anew.
    case resuming
    /// The operation hasn't brought yet what the log has.
    case behind
    /// The payloads are too much alike.
    case ambiguous
    /// The operation brings other payloads than the log has.
    case different
    /// The payloads that the log lacks aren't kept any more.
    case trimmed
    /// The operation broke.
    case interrupted
}

extension AlignmentObstacle: CustomStringConvertible {
    /// The reason of a gap, as clients read it.
    package var description: String {
        switch self {
        case .young: "the leader changed before the standby's subscription had settled"
        case .resuming: "the leader changed soon after its subscription had begun anew"
        case .behind: "the leader changed while the standby's subscription was behind"
        case .ambiguous: "the leader changed, and the newest events are too much alike to go on from"
        case .different: "the leader changed, and the server sends each subscription something else"
        case .trimmed: "the leader changed, and the standby had no room for all events"
        case .interrupted: "the leader changed while the standby's subscription was interrupted"
        }
    }
}
