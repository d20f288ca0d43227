#if Cluster
internal import EventLog
internal import Logging
internal import Synchronization
internal import WebSockets

/// What the log says, to this relay's shards.
extension ClusterNode {
    /// Takes what has happened to a partition.
    func take(_ event: PartitionLog.Event, of number: Int) {
        let metadata: Logger.Metadata = ["partition": "\(number)"]
        switch event {
        case .told(let updates): tell(updates, of: number)
        case .heard: heard(number, now: EventLoop.now)
        case .ready:
            deliver(partitions[number].topics.ready(at: EventLoop.now))
            logger.info("the group's log is read to its end", metadata: metadata)
            refreshReadiness()
        case .rewound:
            partitions[number].topics.rewound()
            // What is read again isn't what the leader's operations bring now.
            if partitions[number].duty == .standsBy { follow(number) }
            logger.warning("the group's log isn't the one that was read: it is read again", metadata: metadata)
            refreshReadiness()
        case .won(let term): won(number, term)
        case .lost: logger.debug("another relay was sooner to lead", metadata: metadata)
        case .demoted(let reason): demoted(number, reason)
        case .resumed:
            partitions[number].isHandedOver = false
            logger.warning("the successor didn't come: this relay leads on", metadata: metadata)
        case .absent: prepareStreams()
        }
    }

    private func tell(_ updates: [LogUpdate], of number: Int) {
        let (now, wall) = (EventLoop.now, WallTime.now)
        var deliveries: [LoggedTopics.Delivery] = []
        compare(updates, of: number, now: now)
        for update in updates {
            noteEnd(update)
            deliveries += partitions[number].topics.take(update, at: now, wall: wall)
        }
        deliver(deliveries)
    }
}
#endif
