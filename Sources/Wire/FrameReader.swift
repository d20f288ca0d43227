/// Finds a server's frames in a stream of bytes, with the checks that a client must make (RFC 6455, section 5).
///
/// A value without I/O. Payloads aren't copied: each piece is reported as a range of the given bytes.
package struct FrameReader {
    /// What was found.
    package enum Event: Equatable {
        /// A piece of a message, perhaps of a frame that continues in later bytes.
        case fragment(Range<Int>, isFirst: Bool, isFinal: Bool, isText: Bool)
        /// A whole ping, pong or close.
        case control(FrameHead.Opcode, [UInt8])
        /// A frame announces a message larger than the limit; nothing after it can be read.
        case excess
        /// The server violated the protocol; nothing after it can be read.
        case violation(String)
    }

    private enum Position {
        case head
        case message(remaining: Int, isFinal: Bool)
        case control(FrameHead.Opcode, remaining: Int)
    }

    /// The largest message that may be announced, in bytes.
    private let limit: Int
    private var position = Position.head
    /// How many bytes the frames of the current message have announced so far.
    private var announced = 0
    /// The beginning of a frame head that continues in the next bytes.
    private var head: [UInt8] = []
    /// The payload of a control frame so far.
    private var collected: [UInt8] = []
    /// The kind of the current message; nil between messages.
    private var isText: Bool?
    /// Whether a piece of the current message was reported already.
    private var hasBegun = false

    package init(limit: Int) { self.limit = limit }

    /// The next event in `bytes` from `start` on, which is moved behind it; nil when the bytes are used up.
    package mutating func next(in bytes: UnsafeBufferPointer<UInt8>, from start: inout Int) -> Event? {
        while true {
            switch position {
            case .head:
                if let violation = unsafe takeHead(bytes, &start) { return violation }
                if case .head = position { return nil }
            case .message(let remaining, let isFinal):
                let count = min(remaining, bytes.count - start)
                guard count > 0 || remaining == 0 else { return nil }
                let range = start..<start + count
                start += count
                let isOver = count == remaining
                position = isOver ? .head : .message(remaining: remaining - count, isFinal: isFinal)
                defer {
                    hasBegun = !(isOver && isFinal)
                    if isOver, isFinal { isText = nil }
                }
                return .fragment(range, isFirst: !hasBegun, isFinal: isOver && isFinal, isText: isText ?? true)
            case .control(let opcode, let remaining):
                let count = min(remaining, bytes.count - start)
                unsafe collected.append(contentsOf: bytes[start..<start + count])
                start += count
                guard count == remaining else {
                    position = .control(opcode, remaining: remaining - count)
                    return nil
                }
                position = .head
                defer { collected = [] }
                return .control(opcode, collected)
            }
        }
    }

    /// Reads a head, which may have begun in earlier bytes; the position stays when it isn't complete.
    private mutating func takeHead(_ bytes: UnsafeBufferPointer<UInt8>, _ start: inout Int) -> Event? {
        let rest = unsafe UnsafeBufferPointer(rebasing: bytes[start...])
        if head.isEmpty, rest.count >= 2 {
            let size = unsafe Self.size(ofHead: rest[1])
            if rest.count >= size {
                start += size
                return unsafe enter(rest)
            }
        }
        while start < bytes.count {
            unsafe head.append(bytes[start])
            start += 1
            guard head.count >= 2, head.count == Self.size(ofHead: head[1]) else { continue }
            let whole = head
            head = []
            return unsafe whole.withUnsafeBufferPointer { unsafe enter($0) }
        }
        return nil
    }

    private static func size(ofHead second: UInt8) -> Int {
        switch second & 0x7F {
        case 126: 4
        case 127: 10
        default: 2
        }
    }

    /// Begins the frame whose head is at the start of `head`.
    private mutating func enter(_ head: UnsafeBufferPointer<UInt8>) -> Event? {
        let (first, second) = unsafe (head[0], head[1])
        let isFinal = first & 0x80 != 0
        guard first & 0x70 == 0 else { return .violation("a reserved bit is set") }
        guard second & 0x80 == 0 else { return .violation("a server's frame is masked") }
        var length = UInt64(second & 0x7F)
        if length >= 126 {
            length = unsafe head[2..<Self.size(ofHead: second)].reduce(0) { $0 << 8 | UInt64($1) }
        }
        guard let length = Int(exactly: length) else { return .violation("a frame is longer than any may be") }
        switch first & 0x0F {
        case 0:
            guard isText != nil else { return .violation("a continuation has no beginning") }
            guard length <= limit - announced else { return .excess }
            announced += length
            position = .message(remaining: length, isFinal: isFinal)
        case 1, 2:
            guard isText == nil else { return .violation("a message begins within another") }
            guard length <= limit else { return .excess }
            announced = length
            isText = first & 0x0F == 1
            position = .message(remaining: length, isFinal: isFinal)
        case 8, 9, 10:
            guard isFinal, length <= 125 else { return .violation("a control frame is cut or too long") }
            position = .control(first & 0x0F == 8 ? .close : first & 0x0F == 9 ? .ping : .pong, remaining: length)
        default:
            return .violation("an opcode is reserved")
        }
        return nil
    }
}
