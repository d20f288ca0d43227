/// The form of messages about wanted topics, for who writes and for who reads, as that of `LogMessage`.
///
/// A version, the kind, the relay, and what the kind has. The same message has one form only.
extension DemandMessage: CodedMessage {
    /// What is written, and the latest version that is read.
    package static let version: UInt8 = 1

    /// Reads a message, which must not be longer than it says.
    package init(_ bytes: [UInt8]) throws(RecordError) { self = try Self.read(bytes) }

    /// The message's form; throws when a field is larger than any may be.
    package func bytes() throws(RecordError) -> [UInt8] { try written() }

    static var blank: DemandMessage { Kind.resync.blank }

    mutating func code(_ coder: inout some FieldCoder) throws(RecordError) {
        var kind = Kind(self).rawValue
        try coder.byte(&kind)
        if kind != Kind(self).rawValue {
            guard let kind = Kind(rawValue: kind) else { throw .unknownKind(kind) }
            self = kind.blank
        }
        switch self {
        case .report(var report):
            try report.relay.code(&coder)
            try coder.number(&report.counter)
            guard report.counter > 0 else { throw .malformed(.number) }
            guard report.counter <= RecordLimits.number else { throw .oversized(.number) }
            try report.content.code(&coder)
            if case .set(let part, _, _) = report.content, report.counter <= part { throw .malformed(.part) }
            self = .report(report)
        case .resync(var resync):
            try resync.relay.code(&coder)
            try coder.number(&resync.term)
            guard resync.term <= RecordLimits.number else { throw .oversized(.number) }
            self = .resync(resync)
        }
    }
}

/// The numbers of the kinds; none is used for another one, ever.
private enum Kind: UInt8 {
    case want = 1
    case release, set, renew, leave, resync

    init(_ message: DemandMessage) {
        self =
            switch message {
            case .resync: .resync
            case .report(let report):
                switch report.content {
                case .want: .want
                case .release: .release
                case .set: .set
                case .renew: .renew
                case .leave: .leave
                }
            }
    }

    /// What a reader fills in.
    var blank: DemandMessage {
        let relay = DemandRelay(node: "", incarnation: 0)
        let content: DemandReport.Content
        switch self {
        case .want: content = .want([])
        case .release: content = .release([])
        case .set: content = .set(part: 0, of: 0, [])
        case .renew: content = .renew(DemandDigest())
        case .leave: content = .leave
        case .resync: return .resync(DemandResync(relay: relay, term: 0))
        }
        return .report(DemandReport(relay: relay, counter: 0, content))
    }
}

extension DemandRelay {
    fileprivate mutating func code(_ coder: inout some FieldCoder) throws(RecordError) {
        try coder.text(&node, atMost: RecordLimits.node)
        guard !node.isEmpty else { throw .malformed(.text) }
        try coder.word(&incarnation)
    }
}

extension DemandReport.Content {
    fileprivate mutating func code(_ coder: inout some FieldCoder) throws(RecordError) {
        switch self {
        case .leave: break
        case .want(var topics):
            try Self.code(&topics, &coder)
            guard !topics.isEmpty else { throw .malformed(.count) }
            self = .want(topics)
        case .release(var topics):
            try Self.code(&topics, &coder)
            guard !topics.isEmpty else { throw .malformed(.count) }
            self = .release(topics)
        case .set(var part, var count, var topics):
            try coder.count(&part, atMost: DemandLimits.mostTopics, .part)
            try coder.count(&count, atMost: DemandLimits.mostTopics, .part)
            guard part < count else { throw .malformed(.part) }
            try Self.code(&topics, &coder)
            guard !topics.isEmpty || count == 1 else { throw .malformed(.count) }
            self = .set(part: part, of: count, topics)
        case .renew(var digest):
            try coder.count(&digest.count, atMost: DemandLimits.mostTopics)
            try coder.word(&digest.sum)
            self = .renew(digest)
        }
    }

    private static func code(_ topics: inout [DemandedTopic], _ coder: inout some FieldCoder) throws(RecordError) {
        var count = topics.count
        try coder.count(&count, atMost: DemandLimits.topicsOfMessage)
        try coder.expect(elements: count)
        for index in 0..<count {
            if index == topics.count { topics.append(DemandedTopic(TopicHash(high: 0, low: 0), nil)) }
            try topics[index].code(&coder)
        }
    }

    private static func code(_ topics: inout [TopicHash], _ coder: inout some FieldCoder) throws(RecordError) {
        var count = topics.count
        try coder.count(&count, atMost: DemandLimits.topicsOfMessage)
        try coder.expect(elements: count)
        for index in 0..<count {
            if index == topics.count { topics.append(TopicHash(high: 0, low: 0)) }
            try topics[index].code(&coder)
        }
    }
}

extension DemandedTopic {
    /// How many bytes it takes in a message; nil when it fits none, because its request is larger than any may be.
    var size: Int? {
        var (counter, copy) = (FieldCounter(), self)
        do throws(RecordError) { try copy.code(&counter) } catch { return nil }
        return counter.size
    }

    fileprivate mutating func code(_ coder: inout some FieldCoder) throws(RecordError) {
        try topic.code(&coder)
        var (hasRequest, bytes) = (request != nil, request?.bytes ?? [])
        try coder.flag(&hasRequest)
        if hasRequest { try coder.data(&bytes, atMost: DemandLimits.request) }
        request = hasRequest ? DemandRequest(bytes) : nil
    }
}

extension TopicHash {
    fileprivate mutating func code(_ coder: inout some FieldCoder) throws(RecordError) {
        try coder.word(&high)
        try coder.word(&low)
    }
}
