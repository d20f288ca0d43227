@testable import EventLog

/// A client of one relay that compares what it is told with what the server has sent.
struct EdgeJudge {
    private struct Topic {
        var epoch: String
        var sequence: UInt64
        var number: Int?
        var hasGap = false
        var epochs: Set<String> = []
    }

    private var topics: [TopicHash: Topic] = [:]
    /// What must not be; empty if all is well.
    private(set) var faults: [String] = []
    private(set) var events = 0
    private(set) var rewinds = 0
    /// Whether the log may be put back to what it was.
    var mayRewind = false
    private(set) var gaps = 0
    /// Gaps behind which the next event was the next one.
    private(set) var needlessGaps = 0

    mutating func take(_ updates: [LogUpdate]) { for update in updates { take(update) } }

    private mutating func take(_ update: LogUpdate) {
        guard case .began(let beginning) = update.content else {
            guard var topic = topics[update.topic] else {
                faults.append("something is told of a topic that hasn't begun")
                return
            }
            take(update.content, &topic)
            topics[update.topic] = topic
            return
        }
        var topic = topics[update.topic] ?? Topic(epoch: beginning.epoch, sequence: beginning.sequence)
        let isNew = topics[update.topic] == nil
        if isNew == beginning.isSuccessor { faults.append("a beginning tells wrongly whether there was one before") }
        // That a log was rewound can't be seen by who lacks its beginning since; it is told as a gap.
        if !topic.epochs.insert(beginning.epoch).inserted, !mayRewind { faults.append("an epoch begins twice") }
        topic.epoch = beginning.epoch
        topic.sequence = beginning.sequence
        topic.hasGap = !isNew
        topics[update.topic] = topic
    }

    private mutating func take(_ content: LogUpdate.Content, _ topic: inout Topic) {
        switch content {
        case .gap(let after, _):
            gaps += 1
            // A gap may stand for numbers, too.
            if after < topic.sequence || after > topic.sequence && !topic.hasGap {
                faults.append("a gap is told after \(after) instead of \(topic.sequence)")
            }
            topic.hasGap = true
            topic.sequence = after
        case .events(let first, let payloads):
            if first != topic.sequence + 1, !topic.hasGap || first <= topic.sequence {
                faults.append("number \(first) follows \(topic.sequence)")
            }
            topic.sequence = first + UInt64(payloads.count) - 1
            for place in 0..<payloads.count {
                events += 1
                let number = Upstream.number(payloads[place])
                if let known = topic.number {
                    if number <= known { faults.append("event \(number) comes after \(known)") }
                    if number > known + 1, !topic.hasGap {
                        faults.append("\(known + 1) to \(number - 1) are lost untold")
                    }
                    if number == known + 1, topic.hasGap { needlessGaps += 1 }
                }
                topic.number = number
                topic.hasGap = false
            }
        case .began, .status, .failed, .refused, .completed, .ended, .opened: break
        }
    }

    /// All begins again.
    mutating func rewind() {
        rewinds += 1
        for topic in topics.keys {
            topics[topic]?.number = nil
            topics[topic]?.epochs = []
        }
    }

    /// Whether a topic's newest event was told, or that events are missing.
    func knows(_ number: Int?, of topic: TopicHash) -> Bool {
        topics[topic].map { $0.number == number || $0.hasGap } ?? false
    }
}
