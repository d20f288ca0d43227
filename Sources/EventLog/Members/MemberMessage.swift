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
        /// An operator asks who is here; every relay tells that it lives.
        case question
        /// An operator asks the leader of a partition to leave it to a node; without one to the next in turn.
        case leave(partition: Int, successor: String?)
    }

    /// Who tells it; empty for an operator.
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

extension MemberMessage: CodedMessage {
    /// What is written, and the latest version that is read.
    package static let version: UInt8 = 1
    /// The most partitions of a group.
    private static let partitions = 1 << 16

    private enum Kind: UInt8 {
        case alive = 1
        case leaves, prepare, prepared, question, leave

        init(_ content: Content) {
            self =
                switch content {
                case .alive: .alive
                case .leaves: .leaves
                case .prepare: .prepare
                case .prepared: .prepared
                case .question: .question
                case .leave: .leave
                }
        }

        var blank: Content {
            switch self {
            case .alive: .alive(MemberTerms(isCandidate: false, topics: 0))
            case .leaves: .leaves
            case .prepare: .prepare(partition: 0, term: 0, successor: "")
            case .prepared: .prepared(partition: 0, term: 0)
            case .question: .question
            case .leave: .leave(partition: 0, successor: nil)
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
        case .leaves, .question: break
        case .alive(var terms):
            try terms.code(&coder)
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
        case .leave(var partition, let named):
            var successor = named ?? ""
            try coder.count(&partition, atMost: Self.partitions)
            try coder.text(&successor, atMost: RecordLimits.node)
            content = .leave(partition: partition, successor: successor.isEmpty ? nil : successor)
        }
    }
}
