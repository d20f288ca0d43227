internal import WebSockets
internal import Wire

/// Whole, unmasked frames that wait for one socket, oldest first.
struct FrameQueue {
    private var bytes: [UInt8] = []
    private var head = 0

    /// How many bytes wait.
    var count: Int { bytes.count - head }

    var isEmpty: Bool { bytes.count == head }

    /// Appends a text frame around three pieces of one message.
    mutating func append(_ prefix: [UInt8], _ payload: [UInt8] = [], _ suffix: [UInt8] = []) {
        FrameHead.append(.text, payload: prefix.count + payload.count + suffix.count, to: &bytes)
        bytes.append(contentsOf: prefix)
        bytes.append(contentsOf: payload)
        bytes.append(contentsOf: suffix)
    }

    /// Appends a binary frame.
    mutating func append(binary payload: [UInt8]) {
        FrameHead.append(.binary, payload: payload.count, to: &bytes)
        bytes.append(contentsOf: payload)
    }

    /// Appends bytes that are no frame; nothing may follow them.
    mutating func append(raw: [UInt8]) { bytes.append(contentsOf: raw) }

    /// What waits.
    var waiting: ArraySlice<UInt8> { bytes[head...] }

    /// Forgets what the socket took; `finish` gets the rest of a frame that was cut, which is forgotten too.
    mutating func advance(past taken: Int, finish: (ArraySlice<UInt8>) -> Void) {
        let reached = head + min(max(0, taken), count)
        var boundary = head
        while boundary < reached { boundary = endOfFrame(at: boundary) }
        if boundary > reached { finish(bytes[reached..<boundary]) }
        head = boundary
        if isEmpty {
            // A queue that was long once doesn't keep its memory.
            bytes.removeAll(keepingCapacity: bytes.capacity <= 1 << 20)
            head = 0
        } else if head > bytes.count / 2 {
            bytes.removeFirst(head)
            head = 0
        }
    }

    private func endOfFrame(at start: Int) -> Int {
        guard start + 1 < bytes.count else { return bytes.count }
        let short = Int(bytes[start + 1] & 0x7F)
        let lengthBytes = short == 126 ? 2 : short == 127 ? 8 : 0
        guard start + 2 + lengthBytes <= bytes.count else { return bytes.count }
        var length = lengthBytes == 0 ? UInt64(short) : 0
        for byte in bytes[start + 2..<start + 2 + lengthBytes] { length = length << 8 | UInt64(byte) }
        let room = bytes.count - start - 2 - lengthBytes
        return length <= UInt64(room) ? start + 2 + lengthBytes + Int(length) : bytes.count
    }
}
