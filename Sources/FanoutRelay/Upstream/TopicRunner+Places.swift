internal import Fanout
internal import Synchronization
internal import WebSockets

/// Which request gets a place for a client topic when places are scarce.
///
/// The topic that has lingered for longest is reclaimed first. Its shards are asked whether it still has no subscriber.
/// If one has joined meanwhile, the topic stays; the request waits for the answers.
extension TopicRunner {
    /// Serves pending requests while there are places, and reclaims topics for the others.
    func servePending() {
        guard !pending.isEmpty else { return }
        let waiting = pending
        pending = []
        for entry in waiting where !isServed(entry.request, of: entry.shard) { pending.append(entry) }
        for entry in waiting where entry.isIdle {
            set(isIdle: true, TopicRequestID(shard: entry.shard, number: entry.request.number))
        }
        var reclaimed = clientTopics.values.count(where: \.isReclaimed)
        while reclaimed < pending.count {
            guard reclaim() else {
                refuse(pending.removeLast())
                continue
            }
            reclaimed += 1
        }
    }

    /// Asks for the topic that has lingered for longest; false when none lingers.
    private func reclaim() -> Bool {
        var longest: (id: TopicID, since: Duration)?
        for (id, clientTopic) in clientTopics where !clientTopic.isReclaimed {
            guard let since = clientTopic.idleSince else { continue }
            if longest.map({ since < $0.since }) ?? true { longest = (id, since) }
        }
        guard let id = longest?.id else { return false }
        if topics[id]?.numbering == .unknown {
            giveUp(id)
            return true
        }
        clientTopics[id]?.isReclaimed = true
        publish([TopicUpdate.reclaimed(topic: id)], topic: id)
        return true
    }

    /// Ends a topic that its shards don't know yet, since it waits for the upstream; who has joined it since is told
    /// so.
    private func giveUp(_ id: TopicID) {
        for (shard, number) in clientTopics[id]?.shards ?? [:] {
            let reason = "another subscription needed the place of this one, which nobody listened to: try again"
            log.append([.refused(request: number, reason: reason)], for: .shards([shard]))
        }
        remove(id)
    }

    private func refuse(_ entry: WaitingTopicRequest) {
        statistics.refusedTopics.add(1, ordering: .relaxed)
        let limit = demand.maximumTopics
        let reason =
            places.taken < limit
            ? "your address has as many different subscriptions as it may: of \(limit) a tenth is kept for others"
            : "this relay has as many different subscriptions as it may, \(limit)"
        log.append([.refused(request: entry.request.number, reason: reason)], for: .shards([entry.shard]))
    }

    /// Notes whether a request has subscribers on its shard.
    func set(isIdle: Bool, _ request: TopicRequestID) {
        guard let id = requests[request] else {
            guard
                let place = pending.firstIndex(where: {
                    $0.shard == request.shard && $0.request.number == request.number
                })
            else { return }
            pending[place].isIdle = isIdle
            return
        }
        clientTopics[id]?.set(isIdle: isIdle, on: request.shard)
    }

    /// Notes that a topic that was asked for has a subscriber, and stays.
    func kept(_ request: TopicRequestID) {
        guard let id = requests[request] else { return }
        clientTopics[id]?.isReclaimed = false
        servePending()
    }
}

/// A request that waits for a place.
struct WaitingTopicRequest {
    let shard: Int
    let request: TopicRequest
    /// True when it has no subscriber on its shard yet, or any more.
    var isIdle = false
}

extension ClientTopic {
    /// Notes whether the topic has subscribers on a shard.
    fileprivate mutating func set(isIdle: Bool, on shard: Int) {
        if isIdle { idleOn.insert(shard) } else { idleOn.remove(shard) }
        settleIdleness()
    }

    /// Sets `idleSince` after a change of `shards` or `idleOn`.
    mutating func settleIdleness() {
        let isIdle = idleOn.count == shards.count
        if isIdle, idleSince == nil { idleSince = EventLoop.now }
        if !isIdle { idleSince = nil }
    }
}
