import Fanout
import Glibc
import OpenSSLCommand

/// A client on a plain socket, sharing no code with the relay; for one task at a time.
final class Peer {
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    private let descriptor: Int32
    /// Speaks TLS for it; nil without TLS.
    private let channel: TLSChannel?
    private let continuation: AsyncStream<[UInt8]>.Continuation
    private var chunks: AsyncStream<[UInt8]>.Iterator
    private var token: UInt64?
    private var arrived: ArraySlice<UInt8> = []
    /// Frames that came while another one was waited for.
    private(set) var pending: [PeerFrame] = []
    private var lastPing: UInt8 = 0

    /// Connects; a small receive buffer makes a peer that chokes early.
    ///
    /// - Parameter host: The last number of its own address, 127.0.0.HOST.
    init(port: UInt16, receiveBuffer: Int32? = nil, host: UInt8 = 1) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        channel = nil
        let (stream, continuation) = AsyncStream.makeStream(of: [UInt8].self)
        self.continuation = continuation
        chunks = stream.makeAsyncIterator()
        if var size = receiveBuffer {
            unsafe setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &size, socklen_t(MemoryLayout<Int32>.size))
        }
        var noDelay: Int32 = 1
        let size = socklen_t(MemoryLayout<Int32>.size)
        unsafe setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &noDelay, size)
        // What the server never reads must not hold up the test.
        var timeout = timeval(tv_sec: 5, tv_usec: 0)
        unsafe setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &timeout, socklen_t(MemoryLayout<timeval>.size))
        if host != 1 { Self.bind(descriptor, host) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let status = unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard status == 0 else { throw Failure(description: "can't connect: \(errno)") }
        resume()
    }

    /// Connects over TLS, by a client of openssl's that may be given further arguments.
    init(securePort port: UInt16, arguments: [String] = []) throws {
        let channel = try TLSChannel(port: port, arguments: arguments)
        self.channel = channel
        descriptor = channel.descriptor
        let (stream, continuation) = AsyncStream.makeStream(of: [UInt8].self)
        self.continuation = continuation
        chunks = stream.makeAsyncIterator()
        resume()
    }

    /// Connects to a Unix socket.
    init(path: String) throws {
        descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        channel = nil
        let (stream, continuation) = AsyncStream.makeStream(of: [UInt8].self)
        self.continuation = continuation
        chunks = stream.makeAsyncIterator()
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: Array(path.utf8)) }
        let status = unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard status == 0 else { throw Failure(description: "can't connect: \(errno)") }
        resume()
    }

    private static func bind(_ descriptor: Int32, _ host: UInt8) {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = (UInt32(0x7F00_0000) + UInt32(host)).bigEndian
        unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe _ = Glibc.bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
    }

    deinit {
        pause()
        close(descriptor)
    }

    /// Stops reading: the kernel's buffers fill up.
    func pause() {
        if let token { Reactor.shared.remove(token) }
        token = nil
    }

    /// Reads on.
    func resume() {
        if token == nil { token = Reactor.shared.add(descriptor, continuation) }
    }

    /// Takes so many bytes at most, at once, while it is paused.
    func take(atMost count: Int) {
        var bytes = [UInt8](repeating: 0, count: count)
        let taken = unsafe recv(descriptor, &bytes, count, Int32(MSG_DONTWAIT))
        if taken > 0 { arrived = (Array(arrived) + bytes.prefix(taken))[...] }
    }

    // Sending.

    /// Ends its side of the stream, and reads on.
    func finishSending() { shutdown(descriptor, Int32(SHUT_WR)) }

    /// Has the connection end with a reset when it is let go of.
    func reset() {
        var linger = Glibc.linger(l_onoff: 1, l_linger: 0)
        unsafe setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout<Glibc.linger>.size))
    }

    /// Sends bytes as they are; false when the server has gone.
    @discardableResult
    func send(raw bytes: [UInt8]) -> Bool {
        var rest = bytes[...]
        while !rest.isEmpty {
            let sent = unsafe rest.withUnsafeBytes {
                unsafe Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard sent > 0 else { return false }
            rest = rest.dropFirst(sent)
        }
        return true
    }

    /// Sends a text message.
    @discardableResult
    func send(_ text: String) -> Bool { send(raw: PeerFrame.masked(1, Array(text.utf8))) }

    /// Begins a flood, which goes on beside what else is done until the server has gone or `isOver`.
    func flood(_ flood: Flood, until isOver: @escaping @Sendable () -> Bool) throws {
        let copy = fcntl(descriptor, F_DUPFD_CLOEXEC, 0)
        guard copy >= 0, send(raw: flood.beginning) else { throw Failure(description: "no flood: \(errno)") }
        flood.run(over: copy, until: isOver)
    }

    /// Sends a ping frame with a payload of its own, and says which.
    func ping() -> [UInt8] {
        lastPing &+= 1
        send(raw: PeerFrame.masked(9, [0x70, lastPing]))
        return [0x70, lastPing]
    }

    // Receiving.

    /// The next frame, where a close is answered; nil at the end of the stream.
    func next() async -> PeerFrame? {
        pending.isEmpty ? await receive() : pending.removeFirst()
    }

    private func receive() async -> PeerFrame? {
        while true {
            if let frame = PeerFrame.parse(&arrived) {
                if case .close(let code, _) = frame {
                    send(raw: PeerFrame.masked(8, code.map { [UInt8($0 >> 8), UInt8($0 & 0xFF)] } ?? []))
                }
                return frame
            }
            guard let chunk = await chunks.next(isolation: #isolation) else { return nil }
            arrived = (arrived.isEmpty ? chunk : Array(arrived) + chunk)[...]
        }
    }

    /// The next text message; pings and pongs are passed over.
    func text() async throws -> String {
        while let frame = await next() {
            switch frame {
            case .text(let text): return text
            case .ping, .pong: continue
            case .close, .violation: throw Failure(description: "a text was expected, not \(frame)")
            }
        }
        throw Failure(description: "a text was expected, not the end of the stream")
    }

    /// The next message of a type; nothing but states may come before it.
    func text(_ type: String) async throws -> String {
        while true {
            let text = try await text()
            if text.contains("\"type\":\"\(type)\"") { return text }
            guard text.contains(#""type":"status""#) else {
                throw Failure(description: "a message of type \(type) was expected, not \(text.prefix(300))")
            }
        }
    }

    /// The close frame, whatever comes before it; nil when the stream ends without one.
    func closing() async -> PeerFrame? {
        while let frame = await next() {
            switch frame {
            case .close, .violation: return frame
            case .text, .ping, .pong: continue
            }
        }
        return nil
    }

    /// Returns when the server has taken everything that was sent before; what comes meanwhile is kept.
    func settle() async throws {
        let payload = ping()
        var kept: [PeerFrame] = []
        while let frame = await next() {
            if frame == .pong(payload) {
                pending = kept + pending
                return
            }
            kept.append(frame)
        }
        throw Failure(description: "the stream ended before the pong, after \(kept)")
    }

    /// Bytes up to and including the blank line of an HTTP answer's head.
    func head() async throws -> String { try await text(through: "\r\n\r\n") }

    /// Bytes up to and including the first occurrence of a mark.
    func text(through mark: String) async throws -> String {
        let mark = Array(mark.utf8)
        var searched = 0
        while true {
            if let end = Self.end(of: mark, in: arrived.dropFirst(searched)) {
                let text = String(decoding: arrived[..<end], as: UTF8.self)
                arrived = arrived[end...]
                return text
            }
            // Its last bytes may be the beginning of the mark.
            searched = max(0, arrived.count - mark.count)
            guard let chunk = await chunks.next(isolation: #isolation) else {
                throw Failure(description: "the end before \(mark): \(String(decoding: arrived, as: UTF8.self))")
            }
            arrived += chunk
        }
    }

    /// Where a mark ends in bytes; nil when it isn't there.
    private static func end(of mark: [UInt8], in bytes: ArraySlice<UInt8>) -> Int? {
        unsafe bytes.withUnsafeBytes { part in
            guard let base = part.baseAddress else { return nil }
            var offset = 0
            while offset + mark.count <= part.count,
                let found = unsafe memchr(base + offset, Int32(mark[0]), part.count - offset)
            {
                offset = unsafe UnsafeRawPointer(found) - base
                let isWhole = offset + mark.count <= part.count
                if isWhole, unsafe memcmp(base + offset, mark, mark.count) == 0 {
                    return bytes.startIndex + offset + mark.count
                }
                offset += 1
            }
            return nil
        }
    }

    /// Everything up to the end of the stream.
    func textToEnd() async -> String {
        while let chunk = await chunks.next(isolation: #isolation) { arrived += chunk }
        defer { arrived = [] }
        return String(decoding: arrived, as: UTF8.self)
    }

    /// So many bytes of an HTTP answer's body.
    func body(_ count: Int) async throws -> String {
        while arrived.count < count {
            guard let chunk = await chunks.next(isolation: #isolation) else {
                throw Failure(description: "the end within a body")
            }
            arrived += chunk
        }
        defer { arrived = arrived.dropFirst(count) }
        return String(decoding: arrived.prefix(count), as: UTF8.self)
    }
}
