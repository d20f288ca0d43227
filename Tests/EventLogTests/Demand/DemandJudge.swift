@testable import EventLog

/// Compares what one table tells with what it has heard.
struct DemandJudge {
    /// What was heard of one relay.
    private struct Hearing {
        var incarnation: UInt64
        var counter: UInt64 = 0
        var time: Int
        /// Which of its wishes for each topic.
        var wishes: [TopicHash: Int] = [:]
    }

    /// What the table says is wanted.
    private(set) var told: Set<TopicHash> = []
    private var hearings: [String: Hearing] = [:]

    /// A message comes that says these wishes, by their topics.
    mutating func hear(_ report: DemandReport, _ wishes: [TopicHash: Int], at time: Int) {
        let relay = report.relay
        var hearing = hearings[relay.node] ?? Hearing(incarnation: relay.incarnation, time: time)
        if relay.incarnation > hearing.incarnation { hearing = Hearing(incarnation: relay.incarnation, time: time) }
        guard relay.incarnation == hearing.incarnation, report.counter > hearing.counter else { return }
        if time - hearing.time >= 3 * DemandPlan.lease * 1000 { hearing.wishes = [:] }
        hearing.counter = report.counter
        hearing.time = time
        hearing.wishes.merge(wishes) { $1 }
        hearings[relay.node] = hearing
    }

    /// The table can hear again.
    mutating func reconnect(at time: Int) {
        for node in hearings.keys { hearings[node]?.time = time }
    }

    /// - Returns: What is wrong with that; nil if nothing is.
    mutating func want(_ topic: TopicHash, isKnownNow: Bool) -> String? {
        told.insert(topic).inserted || isKnownNow ? nil : "\(topic.low) is told to be wanted twice"
    }

    /// - Parameter wishes: Each living relay's wish for the topic that it still has.
    mutating func unwant(_ topic: TopicHash, _ wishes: [String: Int], wasAdopted: Bool, at time: Int) -> String? {
        guard told.remove(topic) != nil || wasAdopted else { return "\(topic.low) was never wanted" }
        for (node, wish) in wishes {
            guard let hearing = hearings[node], hearing.wishes[topic] == wish else { continue }
            if time - hearing.time < 3 * DemandPlan.lease * 1000 { return "\(node) wants \(topic.low) and is heard" }
        }
        return nil
    }
}
