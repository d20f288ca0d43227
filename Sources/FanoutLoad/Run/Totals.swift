/// The readers' counts, summed up.
struct Totals {
    var deliveries: UInt64 = 0
    var bytes: UInt64 = 0
    var sequence = SequenceTracker.Counts()
    /// Connections that are open, including slow ones.
    var open = 0
    /// Connections that the server closed, including slow ones.
    var closed = 0

    /// Sums up all links.
    init(_ links: [Link]) {
        for link in links {
            if link.isOpen { open += 1 }
            if case .ended(.closed) = link.client.phase { closed += 1 }
            closed += link.past.closed.values.reduce(0, +)
            guard !link.role.isSlow else { continue }
            deliveries &+= link.deliveries
            bytes &+= link.client.counts.bytes &+ link.past.counts.bytes
            sequence += link.client.tracker.counts
            sequence += link.past.sequence
        }
    }
}
