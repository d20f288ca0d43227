internal import Fanout
internal import GraphQLTransport

/// A topic of the operator's, as all threads know it.
struct OfferedTopic: Sendable {
    let id: TopicID
    /// Its options may change; its name and its operation don't.
    fileprivate(set) var definition: TopicDefinition
    let key: OperationKey
    let outline: OperationOutline
    /// Tells its events' numbers from those of other topics that have, or had, its name.
    let epoch: String
    let statistics: TopicStatistics
    fileprivate let numbering: OfferedTopics.Numbering
    private let head = TopicHead()

    fileprivate init(
        _ definition: TopicDefinition,
        id: TopicID,
        epoch: String,
        numbering: OfferedTopics.Numbering
    ) throws(TopicError) {
        self.id = id
        self.numbering = numbering
        self.definition = definition
        self.epoch = epoch
        key = try definition.key()
        outline = try definition.outline()
        statistics = TopicStatistics(name: definition.name, startsOnDemand: definition.start == .demand)
    }

    /// The topic where its events come from.
    var source: Topic {
        Topic(
            id: id,
            definition: definition,
            statistics: statistics,
            head: head,
            epoch: epoch,
            numbering: numbering.mayFollow ? .unknown : .here,
            isCounted: !numbering.isShared
        )
    }

    /// The topic on a shard, without history.
    func shardTopic(_ policy: LagPolicy) -> ShardTopic {
        ShardTopic(
            definition: definition,
            key: key,
            epoch: epoch,
            policy: policy,
            source: head,
            isUnnumbered: numbering.mayFollow || numbering.isShared
        )
    }
}

/// The topics that the operator offers, in the order in which they are given.
///
/// A value: a change makes another one, and says what has to be done.
struct OfferedTopics: Sendable {
    /// What differs from the topics before.
    struct Change: Sendable {
        /// What is offered then.
        let topics: OfferedTopics
        /// The topics that are offered no more.
        let removed: [TopicID]
        /// The names of topics that are new, that are gone, whose operation is another one, and whose options differ.
        var addedNames: [String] = []
        var removedNames: [String] = []
        var replacedNames: [String] = []
        var changedNames: [String] = []
    }

    /// Who may number the events instead of this relay.
    struct Numbering: Sendable {
        /// A relay upstream.
        var mayFollow = false
        /// A log that the relay shares with others.
        var isShared = false
    }

    let all: [OfferedTopic]
    private let numbering: Numbering

    /// Offers topics from the start of a relay on, with this epoch.
    init(
        _ definitions: [TopicDefinition],
        epoch: String,
        numbering: Numbering = Numbering()
    ) throws(TopicError) {
        var all: [OfferedTopic] = []
        for (place, definition) in definitions.enumerated() {
            all.append(try OfferedTopic(definition, id: TopicID(place), epoch: epoch, numbering: numbering))
        }
        self.all = all
        self.numbering = numbering
    }

    private init(all: [OfferedTopic], numbering: Numbering) {
        self.all = all
        self.numbering = numbering
    }

    /// What it takes to offer these topics, with different names, instead.
    ///
    /// A topic with the same name and an equal operation stays, with its number and history; any other is new.
    ///
    /// - Parameters:
    ///   - number: The first number for topics that are new; as many as there are topics may be used.
    ///   - epoch: That of the relay.
    func change(to definitions: [TopicDefinition], from number: Int, epoch: String) throws(TopicError) -> Change {
        let former = Dictionary(all.map { ($0.definition.name, $0) }) { first, _ in first }
        var next: [OfferedTopic] = []
        var names = (added: [String](), replaced: [String](), changed: [String]())
        for (place, definition) in definitions.enumerated() {
            let name = definition.name
            let id = TopicID(number + place)
            let candidate = try OfferedTopic(
                definition,
                id: id,
                epoch: "\(epoch)-\(id.number)",
                numbering: numbering
            )
            guard var topic = former[name], topic.key == candidate.key else {
                if former[name] == nil { names.added.append(name) } else { names.replaced.append(name) }
                next.append(candidate)
                continue
            }
            if topic.definition != definition { names.changed.append(name) }
            topic.definition = definition
            next.append(topic)
        }
        let kept = Set(next.map(\.id))
        let given = Set(definitions.map(\.name))
        return Change(
            topics: OfferedTopics(all: next, numbering: numbering),
            removed: all.map(\.id).filter { !kept.contains($0) },
            addedNames: names.added,
            removedNames: all.map(\.definition.name).filter { !given.contains($0) },
            replacedNames: names.replaced,
            changedNames: names.changed
        )
    }
}
