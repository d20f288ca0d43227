/// A client of one of our small servers: its handshake, its masked frames, and the bytes to be sent to it.
///
/// Its memory is bounded: a head of 16 KiB, frames of 64 KiB, no fragments.
struct ServedSocket {
    /// What a client sent.
    enum Message: Equatable {
        case opened(ServerHandshake.Request)
        case text([UInt8])
        case pong([UInt8])
        /// It has left, or violated the protocol.
        case gone
    }

    private static let largestFrame = 65536

    /// The socket.
    let socket: Socket
    /// Bytes that wait for the socket; `flush` sends them.
    var output: [UInt8] = []
    /// Whether the handshake is done.
    private(set) var isOpen = false
    /// Whether the client has left.
    private(set) var isGone = false
    private var input: [UInt8] = []

    init(_ socket: Socket) {
        self.socket = socket
    }

    /// Reads once and returns the messages; the connection's end is noted.
    mutating func read(through buffer: inout [UInt8]) -> [Message] {
        switch socket.read(into: &buffer) {
        case .bytes(let count): return receive(buffer.span.extracting(first: count))
        case .wouldBlock: return []
        case .endOfStream, .failed:
            isGone = true
            return []
        }
    }

    /// Handles received bytes and returns the messages in them.
    mutating func receive(_ bytes: Span<UInt8>) -> [Message] {
        unsafe bytes.withUnsafeBufferPointer { unsafe input.append(contentsOf: $0) }
        var messages: [Message] = []
        while !isGone, let message = next() { messages.append(message) }
        if !isGone, input.count > Self.largestFrame + 14 { messages.append(leave()) }
        return messages
    }

    /// Notes that the connection has ended.
    mutating func end() { isGone = true }

    /// Accepts the handshake.
    mutating func accept(_ request: ServerHandshake.Request, subprotocol: String?) {
        output += ServerHandshake.acceptance(request, subprotocol: subprotocol)
        isOpen = true
    }

    /// Sends what waits, as far as the kernel takes it; false if the connection has failed.
    mutating func flush() -> Bool {
        guard !output.isEmpty else { return true }
        switch socket.write(output) {
        case .wrote(let count):
            if count == output.count { output.removeAll(keepingCapacity: true) } else { output.removeFirst(count) }
            return true
        case .wouldBlock: return true
        case .failed: return false
        }
    }

    private mutating func leave() -> Message {
        isGone = true
        return .gone
    }

    private mutating func next() -> Message? {
        guard isOpen else { return nextRequest() }
        while true {
            guard let frame = ClientFrame(input) else { return nil }
            guard frame.isValid, frame.payload.count <= Self.largestFrame else { return leave() }
            guard frame.end <= input.count else { return nil }
            let payload = frame.unmask(input)
            input.removeFirst(frame.end)
            switch frame.opcode {
            case 1: return .text(payload)
            case 9: ServerFrames.append(.pong, payload, to: &output)
            case 10: return .pong(payload)
            case 8:
                ServerFrames.append(.close, payload.prefix(2), to: &output)
                return leave()
            default: return leave()
            }
        }
    }

    private mutating func nextRequest() -> Message? {
        let end = input.indices.first { input[...$0].suffix(4).elementsEqual("\r\n\r\n".utf8) }
        guard let end else { return input.count > Handshake.maximumHead ? leave() : nil }
        let head = Array(input[...end])
        input.removeFirst(end + 1)
        guard let request = ServerHandshake.request(head) else {
            output += ServerHandshake.refusal
            return leave()
        }
        return .opened(request)
    }
}
