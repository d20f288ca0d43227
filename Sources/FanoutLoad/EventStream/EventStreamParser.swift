/// Splits a body of `text/event-stream` into its events: bytes in, one event at a time out.
///
/// Lines end with LF or CRLF. At most `window` bytes of a line, and of an event's data, are kept; the rest is skipped.
struct EventStreamParser {
    /// The result of a step.
    enum Step: Equatable {
        /// An event is complete: take it with `takeEvent`.
        case event
        case needsMore
        /// The stream has ended.
        case end
        /// The chunks of the transfer are invalid.
        case malformed
    }

    /// The most bytes kept of a line and of an event's data.
    static let window = 65536

    private var chunks: ChunkDecoder?
    /// Body bytes in the given bytes that haven't been parsed yet.
    private var body = 0..<0
    private var line: [UInt8] = []
    private var event = ServerSentEvent()

    /// A parser of a chunked body, or of one that ends with the connection.
    init(isChunked: Bool) {
        if isChunked { chunks = ChunkDecoder() }
    }

    /// Advances to the end of the next event in `bytes`; the same bytes must be given until it needs more.
    mutating func step(in bytes: Span<UInt8>, at position: inout Int) -> Step {
        while true {
            if body.isEmpty {
                guard var chunks else {
                    guard position < bytes.count else { return .needsMore }
                    body = position..<bytes.count
                    position = bytes.count
                    continue
                }
                let step = chunks.step(in: bytes, at: &position)
                self.chunks = chunks
                switch step {
                case .body(let range): body = range
                case .needsMore: return .needsMore
                case .end: return .end
                case .malformed: return .malformed
                }
            }
            if takeLine(bytes) { return .event }
        }
    }

    /// Returns the event that was completed; give it back with `reuse`.
    mutating func takeEvent() -> ServerSentEvent {
        var taken = ServerSentEvent()
        swap(&taken, &event)
        return taken
    }

    /// Takes back an event's storage, so that the next one allocates nothing.
    mutating func reuse(_ storage: inout ServerSentEvent) {
        storage.clear()
        swap(&storage, &event)
    }

    /// Takes a line of the body, or a part of it; true if it completed an event.
    private mutating func takeLine(_ bytes: Span<UInt8>) -> Bool {
        var end = body.lowerBound
        while end < body.upperBound, bytes[end] != UInt8(ascii: "\n") { end += 1 }
        let part = bytes.extracting(body.lowerBound..<end)
        guard end < body.upperBound else {
            keep(part)
            body = end..<end
            return false
        }
        body = end + 1..<body.upperBound
        guard !line.isEmpty else { return finish(part) }
        keep(part)
        var whole: [UInt8] = []
        swap(&whole, &line)
        let isComplete = finish(whole.span)
        whole.removeAll(keepingCapacity: true)
        swap(&whole, &line)
        return isComplete
    }

    private mutating func finish(_ line: Span<UInt8>) -> Bool {
        let endsWithReturn = line.count > 0 && line[line.count - 1] == UInt8(ascii: "\r")
        let content = line.extracting(first: line.count - (endsWithReturn ? 1 : 0))
        guard content.isEmpty else {
            event.take(content, limit: Self.window)
            return false
        }
        if event.hasData { return true }
        // An event without data isn't dispatched; only browsers keep its id for the next one.
        event.clear()
        return false
    }

    private mutating func keep(_ part: Span<UInt8>) {
        let room = max(0, Self.window - line.count)
        unsafe part.extracting(first: min(room, part.count)).withUnsafeBufferPointer {
            unsafe line.append(contentsOf: $0)
        }
    }
}
