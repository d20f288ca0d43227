/// Parses WebSocket frames on the client's side: bytes in, whole messages and control frames out.
///
/// Frames may be split anywhere, and messages may be fragmented. A frame that lies whole in a chunk is returned as
/// offsets there; only split ones are copied. Of a message that arrives in pieces at most `window` bytes are kept, and
/// the rest is skipped, so that memory is bounded whatever length a frame announces.
struct FrameParser {
    /// The result of a step.
    enum Step: Equatable {
        case frame(Frame)
        /// The chunk is used up.
        case needsMore
        /// The peer violated the protocol; all further steps return the same.
        case violation(FrameViolation)
    }

    private enum State {
        case header(collected: Int)
        case payload(remaining: UInt64)
        case failed(FrameViolation)
    }

    /// The most bytes that are kept of a message that arrives in pieces.
    static let window = 65536

    private var state = State.header(collected: 0)
    private var header = InlineArray<10, UInt8>(repeating: 0)
    private var frame = FrameHeader()
    /// The kind of the message whose fragments are being collected.
    private var unfinished: Frame.Kind?
    private var length: UInt64 = 0
    private var message: [UInt8] = []
    private var control: [UInt8] = []

    /// Whether no frame or message is incomplete at this point.
    var isAtBoundary: Bool {
        if case .header(collected: 0) = state { unfinished == nil } else { false }
    }

    /// Advances to the next whole message or control frame in `chunk`, from `position` on.
    mutating func step(in chunk: Span<UInt8>, at position: inout Int) -> Step {
        while true {
            switch state {
            case .failed(let violation):
                return .violation(violation)
            case .header(let collected):
                do throws(FrameViolation) {
                    guard try readHeader(collected, in: chunk, at: &position) else { return .needsMore }
                } catch {
                    state = .failed(error)
                    return .violation(error)
                }
                if let whole = takeWhole(in: chunk, at: &position) { return .frame(whole) }
            case .payload(let remaining):
                if let collected = collect(remaining, in: chunk, at: &position) { return .frame(collected) }
                if case .payload = state { return .needsMore }
            }
        }
    }

    /// Returns the payload of a frame whose place is `held`; give it back with `reuse` to keep its storage.
    mutating func takeHeld(_ kind: Frame.Kind) -> [UInt8] {
        var payload: [UInt8] = []
        switch kind {
        case .text, .binary: swap(&payload, &message)
        case .close, .ping, .pong: swap(&payload, &control)
        }
        return payload
    }

    /// Takes back storage from `takeHeld`, so that the next split message allocates nothing.
    mutating func reuse(_ storage: inout [UInt8], for kind: Frame.Kind) {
        storage.removeAll(keepingCapacity: true)
        switch kind {
        case .text, .binary: swap(&message, &storage)
        case .close, .ping, .pong: swap(&control, &storage)
        }
    }

    /// Collects and checks a header; false when the chunk ends before it is complete.
    private mutating func readHeader(
        _ alreadyCollected: Int,
        in chunk: Span<UInt8>,
        at position: inout Int
    ) throws(FrameViolation) -> Bool {
        var collected = alreadyCollected
        while collected < FrameHeader.size(header, collected: collected) {
            guard position < chunk.count else {
                state = .header(collected: collected)
                return false
            }
            header[collected] = chunk[position]
            collected += 1
            position += 1
        }
        frame = try FrameHeader(header)
        if frame.isControl {
            control.removeAll(keepingCapacity: true)
        } else if frame.opcode == 0 {
            guard unfinished != nil else { throw .strayContinuation }
            length = saturatingSum(length, frame.length)
        } else {
            guard unfinished == nil else { throw .interruptedMessage }
            length = frame.length
            message.removeAll(keepingCapacity: true)
        }
        state = .payload(remaining: frame.length)
        return true
    }

    /// The current frame, if its payload lies whole in the chunk and it isn't a fragment.
    private mutating func takeWhole(in chunk: Span<UInt8>, at position: inout Int) -> Frame? {
        guard frame.isFinal, frame.opcode != 0, frame.length <= UInt64(chunk.count - position) else { return nil }
        let end = position + Int(frame.length)
        defer { position = end }
        state = .header(collected: 0)
        return Frame(kind: frame.kind, place: .chunk(position..<end), length: frame.length)
    }

    /// Collects the payload's bytes in the chunk; returns a message or control frame that is complete with them.
    private mutating func collect(_ remaining: UInt64, in chunk: Span<UInt8>, at position: inout Int) -> Frame? {
        let taken = Int(min(remaining, UInt64(chunk.count - position)))
        keep(chunk.extracting(position..<position + taken))
        position += taken
        guard remaining == UInt64(taken) else {
            state = .payload(remaining: remaining - UInt64(taken))
            return nil
        }
        state = .header(collected: 0)
        if frame.isControl { return Frame(kind: frame.kind, place: .held, length: frame.length) }
        let kind = unfinished ?? frame.kind
        unfinished = frame.isFinal ? nil : kind
        return frame.isFinal ? Frame(kind: kind, place: .held, length: length) : nil
    }

    private mutating func keep(_ bytes: Span<UInt8>) {
        if frame.isControl {
            unsafe bytes.withUnsafeBufferPointer { unsafe control.append(contentsOf: $0) }
        } else {
            let room = Self.window - message.count
            unsafe bytes.extracting(first: min(room, bytes.count)).withUnsafeBufferPointer {
                unsafe message.append(contentsOf: $0)
            }
        }
    }

    private func saturatingSum(_ a: UInt64, _ b: UInt64) -> UInt64 {
        let (sum, overflow) = a.addingReportingOverflow(b)
        return overflow ? .max : sum
    }
}
