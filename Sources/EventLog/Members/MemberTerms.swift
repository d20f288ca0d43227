/// What a relay of a group tells of itself.
package struct MemberTerms: Equatable, Sendable {
    /// Whether it may lead.
    package var isCandidate: Bool
    /// A hash over the topics that it is configured with.
    package var topics: UInt64
    /// Where it is in each partition's log, in their order.
    package var places: [MemberPlace] = []

    package init(isCandidate: Bool, topics: UInt64, places: [MemberPlace] = []) {
        self.isCandidate = isCandidate
        self.topics = topics
        self.places = places
    }
}

/// What a relay does for a partition, and how far it has read.
package struct MemberPlace: Equatable, Sendable {
    package enum Duty: UInt8, Sendable {
        case follows = 0
        case standsBy, leads
    }

    package var duty: Duty
    /// The newest term that it knows of.
    package var term: UInt64
    /// The number of the newest message that it has read, and of the newest that it knows of.
    package var head: UInt64
    package var end: UInt64

    package init(_ duty: Duty, term: UInt64, head: UInt64, end: UInt64) {
        self.duty = duty
        self.term = term
        self.head = head
        self.end = end
    }

    /// How many messages of the log it knows of and hasn't read.
    package var lag: UInt64 { end - min(head, end) }
}

extension MemberTerms {
    /// The most places of a message.
    private static let mostPlaces = 1 << 10

    mutating func code(_ coder: inout some FieldCoder) throws(RecordError) {
        try coder.flag(&isCandidate)
        try coder.word(&topics)
        var count = places.count
        try coder.count(&count, atMost: Self.mostPlaces)
        try coder.expect(elements: count)
        for index in 0..<count {
            if index == places.count { places.append(MemberPlace(.follows, term: 0, head: 0, end: 0)) }
            try places[index].code(&coder)
        }
    }
}

extension MemberPlace {
    fileprivate mutating func code(_ coder: inout some FieldCoder) throws(RecordError) {
        var byte = duty.rawValue
        try coder.byte(&byte)
        guard let duty = Duty(rawValue: byte) else { throw .unknownKind(byte) }
        self.duty = duty
        try coder.number(&term)
        try coder.number(&head)
        try coder.number(&end)
    }
}
