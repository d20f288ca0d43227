internal import CYaml

/// Reads a YAML document by libyaml's events.
///
/// What settings don't need isn't taken: aliases, with which a few lines could stand for millions, tags, several
/// documents, and more than `deepest` levels.
@safe struct YAMLReader: ~Copyable {
    private static let deepest = 16

    private enum Event {
        case start, end
        case scalar(String, isPlain: Bool)
        case sequenceStart, sequenceEnd, mappingStart, mappingEnd
    }

    // It points at itself, so that it must stay where it is.
    private let parser: UnsafeMutablePointer<yaml_parser_t>
    /// The line of the last event.
    private var line = 1

    /// Reads a document; nil when there is none.
    static func read(_ bytes: [UInt8]) throws(YAMLFault) -> YAMLNode? {
        do {
            return try unsafe bytes.withUnsafeBufferPointer { bytes in
                var reader = try YAMLReader()
                unsafe yaml_parser_set_input_string(reader.parser, bytes.baseAddress, bytes.count)
                return try reader.document()
            }
        } catch let fault as YAMLFault {
            throw fault
        } catch {
            throw YAMLFault(line: 1, reason: "\(error)")
        }
    }

    private init() throws(YAMLFault) {
        unsafe parser = .allocate(capacity: 1)
        unsafe parser.initialize(to: yaml_parser_t())
        guard unsafe yaml_parser_initialize(parser) == 1 else {
            throw YAMLFault(line: 1, reason: "no memory is left to read it")
        }
    }

    deinit {
        unsafe yaml_parser_delete(parser)
        unsafe parser.deallocate()
    }

    private mutating func document() throws(YAMLFault) -> YAMLNode? {
        guard case .start = try next() else { return nil }
        let node = try node(try next(), depth: 0)
        guard case .end = try next() else { throw fault("one document is allowed") }
        guard case .end = try next() else { throw fault("one document is allowed") }
        return node
    }

    /// Reads the node that an event begins.
    private mutating func node(_ event: Event, depth: Int) throws(YAMLFault) -> YAMLNode {
        guard depth < Self.deepest else { throw fault("more than \(Self.deepest) levels") }
        let line = line
        switch event {
        case .scalar("", isPlain: true): return YAMLNode(value: .nothing, line: line)
        case .scalar(let text, _): return YAMLNode(value: .scalar(text), line: line)
        case .sequenceStart:
            var items: [YAMLNode] = []
            while true {
                let event = try next()
                if case .sequenceEnd = event { return YAMLNode(value: .sequence(items), line: line) }
                items.append(try node(event, depth: depth + 1))
            }
        case .mappingStart:
            var members: [YAMLNode.Member] = []
            while true {
                let event = try next()
                if case .mappingEnd = event { return YAMLNode(value: .mapping(members), line: line) }
                let key = try node(event, depth: depth + 1)
                guard let name = key.text else { throw fault("a key is text") }
                if let former = members.first(where: { $0.key == name }) {
                    throw fault("\(name): a second time; the first is on line \(former.line)", key.line)
                }
                let value = try node(try next(), depth: depth + 1)
                members.append(YAMLNode.Member(key: name, line: key.line, value: value))
            }
        case .start, .end, .sequenceEnd, .mappingEnd: throw fault("one document is allowed")
        }
    }

    /// The next event that matters.
    private mutating func next() throws(YAMLFault) -> Event {
        var event = unsafe yaml_event_t()
        guard unsafe yaml_parser_parse(parser, &event) == 1 else {
            let reason = unsafe parser.pointee.problem.map { unsafe String(cString: $0) } ?? "this is no YAML"
            // Where the encoding is wrong there is no mark.
            let line = unsafe Int(max(parser.pointee.problem_mark.line, parser.pointee.mark.line)) + 1
            throw fault(reason, line)
        }
        defer { unsafe yaml_event_delete(&event) }
        line = unsafe Int(event.start_mark.line) + 1
        switch unsafe event.type {
        case YAML_STREAM_START_EVENT: return try next()
        case YAML_DOCUMENT_START_EVENT: return .start
        case YAML_DOCUMENT_END_EVENT, YAML_STREAM_END_EVENT: return .end
        case YAML_SCALAR_EVENT:
            let scalar = unsafe event.data.scalar
            guard unsafe scalar.anchor == nil, unsafe scalar.tag == nil else { throw fault(Self.refused) }
            let text = unsafe String(
                decoding: UnsafeBufferPointer(start: scalar.value, count: scalar.length),
                as: UTF8.self
            )
            return unsafe .scalar(text, isPlain: scalar.style == YAML_PLAIN_SCALAR_STYLE)
        case YAML_SEQUENCE_START_EVENT:
            let start = unsafe event.data.sequence_start
            guard unsafe start.anchor == nil, unsafe start.tag == nil else { throw fault(Self.refused) }
            return .sequenceStart
        case YAML_MAPPING_START_EVENT:
            let start = unsafe event.data.mapping_start
            guard unsafe start.anchor == nil, unsafe start.tag == nil else { throw fault(Self.refused) }
            return .mappingStart
        case YAML_SEQUENCE_END_EVENT: return .sequenceEnd
        case YAML_MAPPING_END_EVENT: return .mappingEnd
        default: throw fault(Self.refused)
        }
    }

    private static let refused = "aliases, anchors and tags aren't allowed"

    private func fault(_ reason: String, _ line: Int? = nil) -> YAMLFault {
        YAMLFault(line: line ?? self.line, reason: reason)
    }
}
