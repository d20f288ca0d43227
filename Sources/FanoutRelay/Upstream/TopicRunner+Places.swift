internal import Fanout
internal import Synchronization
internal import WebSockets

/// Who gets a place for a topic of clients when they are scarce.
///
/// A topic that lingers goes first, the one that nobody has listened to for longest. Whether still nobody does is the
/// shards' to say: they are asked, so that a subscriber who comes meanwhile keeps it, and the request waits for that.
extension TopicRunner {
    /// Serves what waits, as far as there are places, and has enough topics reclaimed for the rest.
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

    /// Asks for the topic that lingers for longest; false when none does.
    private func reclaim() -> Bool {
        var longest: (id: TopicID, since: Duration)?
        for (id, clientTopic) in clientTopics where !clientTopic.isReclaimed {
            guard let since = clientTopic.idleSince else { continue }
            if longest.map({ since < $0.since }) ?? true { longest = (id, since) }
        }
        guard let id = longest?.id else { return false }
        clientTopics[id]?.isReclaimed = true
        publish([TopicUpdate.reclaimed(topic: id)], topic: id)
        return true
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

    /// Somebody listens on a shard, or nobody does.
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

    /// A topic that was asked for has a subscriber meanwhile.
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
    /// True when nobody listens on its shard.
    var isIdle = false
}

extension ClientTopic {
    /// Somebody listens on a shard, or nobody does.
    fileprivate mutating func set(isIdle: Bool, on shard: Int) {
        if isIdle { idleOn.insert(shard) } else { idleOn.remove(shard) }
        settleIdleness()
    }

    /// Which shards want it has changed, or where nobody listens.
    mutating func settleIdleness() {
        let isIdle = idleOn.count == shards.count
        if isIdle, idleSince == nil { idleSince = EventLoop.now }
        if !isIdle { idleSince = nil }
    }
}
