package import Synchronization

/// Counters of one topic, written where its operation runs, or a log that relays share is read.
package final class TopicStatistics: Sendable {
    package let name: String
    package let events = Atomic(0)
    package let bytes = Atomic(0)
    package let gaps = Atomic(0)
    package let errors = Atomic(0)
    package let interruptions = Atomic(0)
    package let refetchFailures = Atomic(0)
    /// How many of the topic's operations run.
    package let live = Atomic(0)
    /// The bytes of the topic's segments that are anywhere in the relay, which shards share.
    package let heldBytes = Atomic(0)
    /// The state of an operator's topic.
    package let status = Mutex(TopicStatus.waiting)
    /// Whether it runs only while somebody listens.
    package let startsOnDemand: Atomic<Bool>
    /// When the last event came, in milliseconds of the loops' clock; 0 before the first.
    package let lastEvent = Atomic<Int64>(0)

    package init(name: String, startsOnDemand: Bool = false) {
        self.name = name
        self.startsOnDemand = Atomic(startsOnDemand)
    }

    /// The status of an operator's topic that should be live and isn't; nil for all other topics.
    package var lack: TopicStatus? {
        let status = status.withLock { $0 }
        return status == .live || (startsOnDemand.load(ordering: .relaxed) && status == .waiting) ? nil : status
    }

    /// How long ago the last event came, in seconds; nil before the first.
    package func age(at now: Duration) -> Double? {
        let last = lastEvent.load(ordering: .relaxed)
        return last > 0 ? max(0, Double(Self.milliseconds(now) - last) / 1000) : nil
    }

    package func recorded(events count: Int, bytes size: Int, at now: Duration) {
        events.add(count, ordering: .relaxed)
        bytes.add(size, ordering: .relaxed)
        lastEvent.store(Self.milliseconds(now), ordering: .relaxed)
    }

    package func changed(from former: TopicStatus, to status: TopicStatus) {
        if status == .live { live.add(1, ordering: .relaxed) }
        if former == .live { live.subtract(1, ordering: .relaxed) }
        self.status.withLock { $0 = status }
    }

    /// A time of the loops' clock in whole milliseconds.
    package static func milliseconds(_ time: Duration) -> Int64 {
        time.components.seconds * 1000 + time.components.attoseconds / 1_000_000_000_000_000
    }
}
