/// The readers' counts, summed.
struct Totals {
    var deliveries: UInt64 = 0
    var bytes: UInt64 = 0
    var sequence = SequenceTracker.Counts()
    /// Connections that stand, the never-reading ones included.
    var open = 0
    /// Connections the server closed, the never-reading ones included.
    var closed = 0

    /// Sums up all links.
    init(_ links: [Link]) {
        for link in links {
            if link.isOpen { open += 1 }
            if case .ended(.closed) = link.client.phase { closed += 1 }
            guard !link.neverReads else { continue }
            deliveries &+= link.client.counts.deliveries
            bytes &+= link.client.counts.bytes
            sequence += link.client.tracker.counts
        }
    }
}
