internal import GraphQLSession
internal import Logging

/// Follows how the upstream is lost and comes back, so that an outage is one line of the log when it begins and one
/// when it ends, with few in between.
///
/// It is pure: its owner brings the time and logs.
struct UpstreamOutage {
    /// What an outage was, once it is over.
    struct Summary: Equatable {
        /// From the first failure to the link.
        let time: Duration
        /// How often it was dialled, the last time with success.
        let attempts: Int
        let first: LinkFailure
        let last: LinkFailure
        /// How many topics it interrupted.
        let topics: Int

        /// The same for a line of the log.
        var metadata: Logger.Metadata {
            var metadata: Logger.Metadata = [
                "lasted_ms": .stringConvertible(Int64((time / .milliseconds(1)).rounded())),
                "attempts": .stringConvertible(attempts),
                "topics": .stringConvertible(topics),
            ]
            metadata[first == last ? "reason" : "first_reason"] = "\(first)"
            if first != last { metadata["last_reason"] = "\(last)" }
            return metadata
        }
    }

    private struct Present {
        let begin: Duration
        let first: LinkFailure
        var last: LinkFailure
        /// The causes that were told, and how long one of them isn't told again.
        var told: [LinkFailure]
        var pause = UpstreamOutage.shortestPause
        var silentUntil: Duration
    }

    /// How long nothing is told of failures for the same reason; doubled after each time.
    static let shortestPause = Duration.seconds(60)
    static let longestPause = Duration.seconds(3600)
    /// The most causes that are told as soon as they occur.
    static let mostCauses = 8

    private var present: Present?
    private var attempts = 0
    private var topics = 0

    /// Notes an attempt to connect.
    mutating func dialled() { attempts += 1 }

    /// Notes that a topic's operation was interrupted.
    mutating func interruptedTopic() { topics += 1 }

    /// Notes the loss of the link, or a failed attempt.
    ///
    /// - Returns: Whether it is worth a warning: it is the first, or for another reason, or nothing was told for long.
    mutating func failed(_ failure: LinkFailure, at now: Duration) -> Bool {
        guard var outage = present else {
            present = Present(
                begin: now,
                first: failure,
                last: failure,
                told: [failure],
                silentUntil: now + Self.shortestPause
            )
            return true
        }
        outage.last = failure
        defer { present = outage }
        if !outage.told.contains(failure), outage.told.count < Self.mostCauses {
            outage.told.append(failure)
            return true
        }
        guard outage.silentUntil <= now else { return false }
        outage.pause = min(outage.pause * 2, Self.longestPause)
        outage.silentUntil = now + outage.pause
        return true
    }

    /// Notes that the link is there; returns the outage that this ends, if there was one.
    mutating func ended(at now: Duration) -> Summary? {
        defer { self = UpstreamOutage() }
        return present.map { outage in
            Summary(
                time: now - outage.begin,
                attempts: attempts,
                first: outage.first,
                last: outage.last,
                topics: topics
            )
        }
    }
}
