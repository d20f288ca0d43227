/// A plain HTTP request to a relay or a server of the log, and what has come of its answer.
struct Inquiry {
    /// How far it is.
    enum Phase: Equatable {
        case connecting
        case reading
        case ended
    }

    /// An answer, read to its end.
    struct Answer {
        var status: Int
        var body: [UInt8]
    }

    private static let mostBytes = 4 << 20

    let socket: Socket
    private(set) var phase = Phase.connecting
    private let request: [UInt8]
    private var received: [UInt8] = []

    init(port: UInt16, path: String) throws(SystemError) {
        guard let address = Address(host: "127.0.0.1", port: port) else {
            throw SystemError(call: "connect", code: 0)
        }
        socket = try address.connect(receiveBuffer: nil)
        request = Array("GET \(path) HTTP/1.1\r\nHost: 127.0.0.1:\(port)\r\nConnection: close\r\n\r\n".utf8)
    }

    /// Handles an event of the socket.
    mutating func handle(_ event: Poller.Event, through buffer: inout [UInt8]) {
        if phase == .connecting {
            guard socket.takeError() == 0, case .wrote(request.count) = socket.write(request) else {
                phase = .ended
                return
            }
            phase = .reading
        }
        guard phase == .reading, event.isReadable else { return }
        switch socket.read(into: &buffer) {
        case .bytes(let count) where received.count + count <= Self.mostBytes: received += buffer[..<count]
        case .wouldBlock: break
        case .bytes, .endOfStream, .failed: phase = .ended
        }
    }

    /// The answer; nil if it isn't one.
    var answer: Answer? {
        guard let end = received.firstRange(of: Array("\r\n\r\n".utf8)) else { return nil }
        let head = HTTPHead(Array(received[..<end.upperBound]))
        guard let status = head.status else { return nil }
        let body = Array(received[end.upperBound...])
        let isChunked = head.list("transfer-encoding").contains { $0.lowercased() == "chunked" }
        return Answer(status: status, body: isChunked ? Self.unchunked(body) : body)
    }

    private static func unchunked(_ bytes: [UInt8]) -> [UInt8] {
        var (decoder, position, body) = (ChunkDecoder(), 0, [UInt8]())
        while case .body(let range) = decoder.step(in: bytes.span, at: &position) { body += bytes[range] }
        return body
    }
}
