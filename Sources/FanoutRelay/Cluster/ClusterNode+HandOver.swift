#if Cluster
internal import EventLog
internal import WebSockets

/// Leaving the lead to another relay before this one ends.
extension ClusterNode {
    /// How often it is looked whether another relay leads.
    private static let interval = Duration.milliseconds(20)

    /// Leaves every partition that this relay leads to the one that should lead it next.
    func leaveAll(within limit: Duration) async {
        isLeaving = true
        for partition in partitions { partition.log?.set(rank: 0, mayLead: false) }
        tellAlive(EventLoop.now)
        let end = EventLoop.now + limit
        var asked: Set<Int> = []
        while EventLoop.now < end {
            let led = partitions.indices.filter { partitions[$0].isLeader }
            for number in led where !asked.contains(number) {
                guard let successor = members.candidates(for: number, besides: configuration.node).first else {
                    continue
                }
                asked.insert(number)
                partitions[number].log?.handOver(to: successor)
            }
            guard led.contains(where: asked.contains) else { return }
            try? await LoopClock(loop).sleep(for: Self.interval)
        }
    }

    func takeHandOver(_ message: MemberMessage) {}
}
#endif
