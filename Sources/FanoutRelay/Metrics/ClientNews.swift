internal import Logging
internal import Synchronization
internal import WebSockets

/// Tells, once a minute and in one line, how many clients were refused or closed for what they did; nothing while there
/// were none.
///
/// What happens to each is logged at debug only, since there may be any number of clients.
struct ClientNews {
    static let interval = Duration.seconds(60)

    private var told: [String: Int] = [:]

    /// What is new since the last call; nil while nothing is.
    mutating func take(_ counts: [String: Int]) -> Logger.Metadata? {
        var news: Logger.Metadata = [:]
        for (name, count) in counts {
            let new = count - told[name, default: 0]
            if new > 0 { news[name] = .stringConvertible(new) }
        }
        told = counts
        return news.isEmpty ? nil : news
    }
}

extension Statistics {
    /// How often clients were refused or closed so far, by reason; the reasons are bounded in number.
    var refusals: [String: Int] {
        var counts: [String: Int] = [:]
        for shard in shards {
            counts["too_slow", default: 0] += shard.tooSlow.load(ordering: .relaxed)
            for (limit, count) in shard.limitsMet { counts["limit_\(limit.rawValue)", default: 0] += count }
        }
        for listener in listeners.withLock({ $0 }) {
            for reason in Listener.Refusal.allCases {
                counts["connection_\(reason.rawValue)", default: 0] += listener.refused(reason)
            }
        }
        for (reason, count) in authorizer.withLock({ $0 })?.refusalsByReason ?? [:] {
            counts["credential_\(reason)", default: 0] += count
        }
        counts["executions", default: 0] += refusedExecutions.load(ordering: .relaxed)
        counts["topics", default: 0] += refusedTopics.load(ordering: .relaxed)
        return counts
    }
}
