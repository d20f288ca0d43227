internal import Logging

/// What may be wrong with a group, as the log says it.
enum ClusterComplaint: Hashable {
    case unreachable, lost, refusing, unusable, unprepared, doubleName

    /// The level, and the message.
    var line: (level: Logger.Level, message: String) {
        switch self {
        case .unreachable: (.warning, "no server of the group can be reached")
        case .lost: (.warning, "the group's server is lost")
        case .refusing: (.warning, "the group's server complains")
        case .unusable: (.warning, "the group's log can't be used")
        case .unprepared: (.warning, "the group's log can't be prepared")
        case .doubleName: (.warning, "another relay of the group has this node's name")
        }
    }
}

/// Which complaints were logged, so that each is told once in an outage.
struct ClusterComplaints {
    private struct Entry: Hashable {
        let complaint: ClusterComplaint
        let reason: String
    }

    /// The most that are told in an outage.
    private static let most = 8
    private var told: Set<Entry> = []

    /// Whether a complaint is news.
    mutating func isNew(_ complaint: ClusterComplaint, _ reason: String) -> Bool {
        told.count < Self.most && told.insert(Entry(complaint: complaint, reason: reason)).inserted
    }
}
