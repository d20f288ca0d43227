/// The outer members of a JSON frame that the tool needs, found in one pass without decoding.
///
/// The pass ends when all wanted members are found, so that a payload at the end is never looked at.
struct Envelope: Equatable {
    /// The meaning of the `type` member.
    enum Kind: Equatable {
        case event
        case gap
        case status
        case connectionInit
        case connectionAck
        case subscribe
        case next
        case error
        case complete
        case ping
        case pong
        case other
    }

    /// The members to look for.
    struct Members: OptionSet {
        let rawValue: UInt8

        static let type = Members(rawValue: 1)
        static let id = Members(rawValue: 2)
        static let epoch = Members(rawValue: 4)
        static let sequence = Members(rawValue: 8)
    }

    /// Nil when there is no string `type`, or the frame isn't a JSON object as far as it was read.
    private(set) var kind: Kind?
    /// The offsets of the content of the string `id`, with its escapes.
    private(set) var id: Range<Int>?
    /// The offsets of the content of the string `epoch`, with its escapes.
    private(set) var epoch: Range<Int>?
    /// The member `sequence`, if it is an integer that fits.
    private(set) var sequence: Int64?

    /// Reads the members of the object in `text` until all `wanted` ones are found or the text ends.
    init(_ text: Span<UInt8>, wanted: Members) {
        var missing = wanted
        var walk = JSONWalk()
        guard walk.enterObject(text) else { return }
        while !missing.isEmpty, let member = walk.nextMember(in: text) {
            switch (Self.name(of: text.extracting(member.key)), member.value) {
            case (.type, .string(let range)):
                kind = Self.kind(of: text.extracting(range))
                missing.remove(.type)
            case (.id, .string(let range)):
                id = range
                missing.remove(.id)
            case (.epoch, .string(let range)):
                epoch = range
                missing.remove(.epoch)
            case (.sequence, .other(let range)):
                sequence = IntegerText.parse(text.extracting(range))
                missing.remove(.sequence)
            default:
                break
            }
        }
    }

    private static func name(of key: Span<UInt8>) -> Members {
        switch key.count {
        case 2 where key.equals("id"): .id
        case 4 where key.equals("type"): .type
        case 5 where key.equals("epoch"): .epoch
        case 8 where key.equals("sequence"): .sequence
        default: []
        }
    }

    private static func kind(of value: Span<UInt8>) -> Kind {
        if value.equals("event") { return .event }
        if value.equals("next") { return .next }
        if value.equals("gap") { return .gap }
        if value.equals("status") { return .status }
        if value.equals("subscribe") { return .subscribe }
        if value.equals("connection_init") { return .connectionInit }
        if value.equals("connection_ack") { return .connectionAck }
        if value.equals("error") { return .error }
        if value.equals("complete") { return .complete }
        if value.equals("ping") { return .ping }
        if value.equals("pong") { return .pong }
        return .other
    }
}
