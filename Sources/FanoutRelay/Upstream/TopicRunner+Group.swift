internal import Fanout
internal import GraphQLSession
internal import WebSockets

/// Running operations for a group of relays, one after another of which does so.
extension TopicRunner {
    /// Connects to the upstream, unless that was done before.
    func connect() {
        let session = session
        Task(executorPreference: loop) { await session.start() }
    }

    /// Begins to run operations of the operator's topics, each where another relay's has ended.
    ///
    /// - Parameters:
    ///   - former: How the topics were there, of those that another relay has run.
    ///   - wanted: Of the topics that start on demand those that somebody wants.
    func begin(_ ids: [TopicID], continuing former: [TopicID: FormerTopic], wanted: Set<TopicID>) {
        connect()
        for id in ids {
            guard var topic = topics[id] else { continue }
            led.insert(id)
            topic = topic.anew(continuing: former[id], numbering: numberingOfNewTopics)
            if topic.definition.start == .demand {
                guard wanted.contains(id) else {
                    topics[id] = topic
                    continue
                }
                topic.awakeOn = [Self.group]
            }
            topics[id] = topic
            run(id)
        }
    }

    /// Stops to run operations of the operator's topics; what they still bring is nobody's.
    func cease(_ ids: [TopicID]) {
        for id in ids {
            forget(id)
            led.remove(id)
            topics[id] = topics[id]?.anew(continuing: nil, numbering: numberingOfNewTopics)
        }
    }

    /// Replaces what may have been missed of a topic, as after an interruption.
    func replaceMissed(_ id: TopicID) {
        Task(executorPreference: loop) { await self.refetch(id) }
    }

    /// Whether the operation of an operator's topic runs here whenever it runs.
    func isRun(_ id: TopicID) -> Bool { !isLed || led.contains(id) }

    /// Stands for the whole group where a relay by itself has the numbers of its shards.
    static let group = 0

    /// Who numbers the events of topics that begin, as far as it is known.
    var numberingOfNewTopics: Topic.Numbering { upstreamNumbers == false ? .here : .unknown }
}
