internal import GraphQLTransport

/// One result of a subscription: the raw JSON of an ExecutionResult, validated and never decoded.
public struct Payload: Sendable, Hashable {
    /// The whole result, JSON as UTF-8, as the server sent it: `{"data":…}`, perhaps with `errors` and `extensions`.
    public let bytes: ArraySlice<UInt8>

    /// How many older payloads were dropped right before this one, because nobody read them in time.
    public let dropped: Int

    /// Why events may be missing right before this one, in the words of the relay that lost them; nil when none are.
    public let gap: String?

    /// Names the event, where a relay numbers them; nil anywhere else.
    public let token: ResumeToken?

    init(_ bytes: ArraySlice<UInt8>, dropped: Int, gap: String? = nil, token: ResumeToken? = nil) {
        self.bytes = bytes
        self.dropped = dropped
        self.gap = gap
        self.token = token
    }

    /// Whether the result has errors, with data or without.
    ///
    /// Like the other parts it is looked up anew at each call, in one pass over the bytes.
    public var hasErrors: Bool { response?.errors != nil }

    /// The errors with all that came with them; nil for a result without errors.
    public var error: QueryError? {
        let bytes = Array(bytes)
        return (try? GraphQLResponse.scan(payload: bytes.span)).flatMap { QueryError($0, in: bytes) }
    }

    /// The member `data`, JSON as UTF-8; nil if the server sent none, and `null` as four bytes.
    public var data: ArraySlice<UInt8>? { part(\.data) }

    /// The member `extensions`, JSON as UTF-8; nil if the server sent none.
    public var extensions: ArraySlice<UInt8>? { part(\.extensions) }

    /// The whole result as text.
    public var text: String { String(decoding: bytes, as: UTF8.self) }

    private var response: GraphQLResponse? { try? GraphQLResponse.scan(payload: bytes.span) }

    private func part(_ place: KeyPath<GraphQLResponse, Range<Int>?>) -> ArraySlice<UInt8>? {
        response?[keyPath: place].map { bytes[($0.lowerBound + bytes.startIndex)..<($0.upperBound + bytes.startIndex)] }
    }
}
