/// The form of messages: which fields follow one another, for who writes and for who reads.
///
/// A version, the term, its leader, the number of records, and the records. Of each record its kind, its time, its
/// topic's place unless it is about none, and what the kind has. The same message has one form only.
extension LogMessage: CodedMessage {
    /// What is written, and the latest version that is read.
    package static let version: UInt8 = 1

    /// Reads a message, which must not be longer than it says.
    package init(_ bytes: [UInt8]) throws(RecordError) { self = try Self.read(bytes) }

    /// The message's form; throws when a field is larger than any may be.
    package func bytes() throws(RecordError) -> [UInt8] { try written() }

    static var blank: LogMessage { LogMessage(term: 0, writer: 0, []) }

    mutating func code(_ coder: inout some FieldCoder) throws(RecordError) {
        try coder.number(&term)
        guard term <= RecordLimits.number else { throw .oversized(.number) }
        try coder.word(&writer)
        var count = records.count
        try coder.count(&count, atMost: RecordLimits.records)
        try coder.expect(elements: count)
        guard count > 0 else { throw .malformed(.count) }
        for index in 0..<count {
            if index == records.count { records.append(LogRecord(.beat, at: 0)) }
            try records[index].code(&coder)
        }
    }
}

extension LogRecord {
    /// How many bytes it takes in a message; nil when it fits none, because a field is larger than any may be.
    var size: Int? {
        var (counter, copy) = (FieldCounter(), self)
        do throws(RecordError) { try copy.code(&counter) } catch { return nil }
        return counter.size
    }

    fileprivate mutating func code(_ coder: inout some FieldCoder) throws(RecordError) {
        var kind = Kind(content).rawValue
        try coder.byte(&kind)
        if kind != Kind(content).rawValue {
            guard let kind = Kind(rawValue: kind) else { throw .unknownKind(kind) }
            content = kind.blank
        }
        try coder.number(&time)
        switch content {
        case .beat: break
        case .term(var leader):
            try leader.code(&coder)
            content = .term(leader)
        case .handOver(var successor):
            try coder.text(&successor, atMost: RecordLimits.node)
            content = .handOver(successor: successor)
        case .topic(var place, var record):
            try place.code(&coder)
            try record.code(&coder)
            content = .topic(place, record)
        }
    }
}

/// The numbers of the kinds; none is used for another one, ever.
private enum Kind: UInt8 {
    case term = 1
    case beat, events, gap, status, refused, completed, opened, began, part, failed, checkpoint, handOver, ended

    init(_ content: LogRecord.Content) {
        self =
            switch content {
            case .term: .term
            case .beat: .beat
            case .handOver: .handOver
            case .topic(_, let record):
                switch record {
                case .events: .events
                case .part: .part
                case .gap: .gap
                case .status: .status
                case .failed: .failed
                case .refused: .refused
                case .completed: .completed
                case .ended: .ended
                case .opened: .opened
                case .began: .began
                case .checkpoint: .checkpoint
                }
            }
    }

    /// What a reader fills in.
    var blank: LogRecord.Content {
        switch self {
        case .term: .term(LeaderIdentity(node: "", incarnation: 0, topics: 0))
        case .beat: .beat
        case .handOver: .handOver(successor: "")
        case .events: .blank(.events(EventPayloads()))
        case .part: .blank(.part(PayloadPart(index: 0, count: 0, bytes: [])))
        case .gap: .blank(.gap(reason: ""))
        case .status: .blank(.status(.waiting))
        case .failed: .blank(.failed(errors: []))
        case .refused: .blank(.refused(reason: ""))
        case .completed: .blank(.completed)
        case .ended: .blank(.ended)
        case .opened: .blank(.opened)
        case .began: .blank(.began(isForeign: false))
        case .checkpoint: .blank(.checkpoint(.blank))
        }
    }
}

extension LogRecord.Content {
    fileprivate static func blank(_ record: TopicRecord) -> Self {
        .topic(TopicPlace(topic: TopicHash(high: 0, low: 0), epoch: "", sequence: 0), record)
    }
}

extension TopicCheckpoint {
    fileprivate static let blank = TopicCheckpoint(
        position: 0,
        gapAfter: nil,
        status: .waiting,
        isForeign: false,
        lastPayload: nil
    )
}

extension LeaderIdentity {
    fileprivate mutating func code(_ coder: inout some FieldCoder) throws(RecordError) {
        try coder.text(&node, atMost: RecordLimits.node)
        try coder.word(&incarnation)
        try coder.word(&topics)
    }
}

extension TopicPlace {
    fileprivate mutating func code(_ coder: inout some FieldCoder) throws(RecordError) {
        try coder.word(&topic.high)
        try coder.word(&topic.low)
        try coder.text(&epoch, atMost: RecordLimits.epoch)
        try coder.number(&sequence)
        guard sequence <= RecordLimits.number else { throw .oversized(.place) }
    }
}

extension TopicRecord {
    fileprivate mutating func code(_ coder: inout some FieldCoder) throws(RecordError) {
        switch self {
        case .completed, .ended, .opened: break
        case .events(var payloads):
            try payloads.code(&coder)
            self = .events(payloads)
        case .part(var part):
            try part.code(&coder)
            self = .part(part)
        case .gap(var reason):
            try coder.text(&reason, atMost: RecordLimits.reason)
            self = .gap(reason: reason)
        case .status(var status):
            try status.code(&coder)
            self = .status(status)
        case .failed(var errors):
            try coder.data(&errors, atMost: RecordLimits.errors)
            self = .failed(errors: errors)
        case .refused(var reason):
            try coder.text(&reason, atMost: RecordLimits.reason)
            self = .refused(reason: reason)
        case .began(var isForeign):
            try coder.flag(&isForeign)
            self = .began(isForeign: isForeign)
        case .checkpoint(var checkpoint):
            try checkpoint.code(&coder)
            self = .checkpoint(checkpoint)
        }
    }
}

extension EventPayloads {
    fileprivate mutating func code(_ coder: inout some FieldCoder) throws(RecordError) {
        var count = self.count
        try coder.count(&count, atMost: RecordLimits.payloads, .payloads)
        try coder.expect(elements: count)
        guard count > 0 else { throw .malformed(.payloads) }
        var (ends, last, former) = ([Int](), 0, 0)
        ends.reserveCapacity(count)
        for index in 0..<count {
            var length = index < self.count ? self.ends[index] - former : 0
            former = index < self.count ? self.ends[index] : 0
            // The bytes must all be there, so that the sum of the lengths can't overflow.
            try coder.count(&length, atMost: Int(Int32.max), .payloads)
            last += length
            ends.append(last)
        }
        var bytes = self.bytes
        try coder.bytes(&bytes, count: last)
        guard let payloads = EventPayloads(bytes: bytes, ends: ends) else { throw .malformed(.payloads) }
        self = payloads
    }
}

extension PayloadPart {
    fileprivate mutating func code(_ coder: inout some FieldCoder) throws(RecordError) {
        try coder.count(&index, atMost: RecordLimits.parts, .part)
        try coder.count(&count, atMost: RecordLimits.parts, .part)
        try coder.data(&bytes, atMost: Int(Int32.max))
        guard index < count, !bytes.isEmpty else { throw .malformed(.part) }
    }
}

extension OperationStatus {
    fileprivate mutating func code(_ coder: inout some FieldCoder) throws(RecordError) {
        var byte = rawValue
        try coder.byte(&byte)
        guard let status = Self(rawValue: byte) else { throw .malformed(.status) }
        self = status
    }
}

extension TopicCheckpoint {
    fileprivate mutating func code(_ coder: inout some FieldCoder) throws(RecordError) {
        try coder.number(&position)
        var (hasGap, gap) = (gapAfter != nil, gapAfter ?? 0)
        try coder.flag(&hasGap)
        if hasGap { try coder.number(&gap) }
        gapAfter = hasGap ? gap : nil
        try status.code(&coder)
        try coder.flag(&isForeign)
        var (hasPayload, payload) = (lastPayload != nil, lastPayload ?? [])
        try coder.flag(&hasPayload)
        if hasPayload { try coder.data(&payload, atMost: Int(Int32.max)) }
        lastPayload = hasPayload ? payload : nil
    }
}
