/// What the relays of a group tell each other beside the log; whatever is lost of it is told again, or isn't needed.
package struct MemberMessage: Equatable, Sendable {
    package enum Content: Equatable, Sendable {
        /// The relay lives.
        case alive(MemberTerms)
        /// It is about to end, and won't lead any more.
        case leaves
        /// The leader of a partition in a term asks a node to be ready to lead it next.
        case prepare(partition: Int, term: UInt64, successor: String)
        /// The node is: it runs the operations of the partition.
        case prepared(partition: Int, term: UInt64)
    }

    /// Who tells it.
    package var node: String
    /// A random number of its process.
    package var incarnation: UInt64
    package var content: Content

    package init(node: String, incarnation: UInt64, _ content: Content) {
        self.node = node
        self.incarnation = incarnation
        self.content = content
    }
}

/// What a relay of a group tells of itself.
package struct MemberTerms: Equatable, Sendable {
    /// Whether it may lead.
    package var isCandidate: Bool
    /// A hash over the topics that it is configured with.
    package var topics: UInt64

    package init(isCandidate: Bool, topics: UInt64) {
        self.isCandidate = isCandidate
        self.topics = topics
    }
}

extension MemberMessage: CodedMessage {
    /// What is written, and the latest version that is read.
    package static let version: UInt8 = 1
    /// The most partitions of a group.
    private static let partitions = 1 << 16

    private enum Kind: UInt8 {
        case alive = 1
        case leaves, prepare, prepared

        init(_ content: Content) {
            self =
                switch content {
                case .alive: .alive
                case .leaves: .leaves
                case .prepare: .prepare
                case .prepared: .prepared
                }
        }

        var blank: Content {
            switch self {
            case .alive: .alive(MemberTerms(isCandidate: false, topics: 0))
            case .leaves: .leaves
            case .prepare: .prepare(partition: 0, term: 0, successor: "")
            case .prepared: .prepared(partition: 0, term: 0)
            }
        }
    }

    /// Reads a message, which must not be longer than it says.
    package init(_ bytes: [UInt8]) throws(RecordError) { self = try Self.read(bytes) }

    /// The message's form; throws when a field is larger than any may be.
    package func bytes() throws(RecordError) -> [UInt8] { try written() }

    static var blank: MemberMessage { MemberMessage(node: "", incarnation: 0, .leaves) }

    mutating func code(_ coder: inout some FieldCoder) throws(RecordError) {
        try coder.text(&node, atMost: RecordLimits.node)
        try coder.word(&incarnation)
        var kind = Kind(content).rawValue
        try coder.byte(&kind)
        if kind != Kind(content).rawValue {
            guard let kind = Kind(rawValue: kind) else { throw .unknownKind(kind) }
            content = kind.blank
        }
        switch content {
        case .leaves: break
        case .alive(var terms):
            try coder.flag(&terms.isCandidate)
            try coder.word(&terms.topics)
            content = .alive(terms)
        case .prepare(var partition, var term, var successor):
            try coder.count(&partition, atMost: Self.partitions)
            try coder.number(&term)
            try coder.text(&successor, atMost: RecordLimits.node)
            content = .prepare(partition: partition, term: term, successor: successor)
        case .prepared(var partition, var term):
            try coder.count(&partition, atMost: Self.partitions)
            try coder.number(&term)
            content = .prepared(partition: partition, term: term)
        }
    }
}
