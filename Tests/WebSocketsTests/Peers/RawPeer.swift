import Glibc
import OpenSSLCommand

/// A peer on plain blocking sockets, so that the tests share no code with what they judge.
final class RawPeer: @unchecked Sendable {
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    let descriptor: Int32
    private var buffered: [UInt8] = []
    /// Speaks TLS for it; nil without TLS.
    private let channel: TLSChannel?

    init(adopting descriptor: Int32, of channel: TLSChannel? = nil) {
        self.descriptor = descriptor
        self.channel = channel
        // A read that would wait for ever is a failure of the test, not a hang.
        var timeout = timeval(tv_sec: 15, tv_usec: 0)
        unsafe setsockopt(
            descriptor,
            SOL_SOCKET,
            SO_RCVTIMEO,
            &timeout,
            socklen_t(MemoryLayout<timeval>.size)
        )
        unsafe setsockopt(
            descriptor,
            SOL_SOCKET,
            SO_SNDTIMEO,
            &timeout,
            socklen_t(MemoryLayout<timeval>.size)
        )
    }

    /// Connects to 127.0.0.1; a small receive buffer makes a peer that chokes early.
    convenience init(port: UInt16, receiveBuffer: Int32? = nil) throws {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw Failure(description: "no socket: \(errno)") }
        if var size = receiveBuffer {
            unsafe setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &size, socklen_t(MemoryLayout<Int32>.size))
        }
        try self.init(connecting: descriptor, port: port)
    }

    /// Connects to a Unix socket.
    convenience init(path: String) throws {
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw Failure(description: "no socket: \(errno)") }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: Array(path.utf8)) }
        let status = unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard status == 0 else {
            let failure = errno
            close(descriptor)
            throw Failure(description: "connect: \(failure)")
        }
        self.init(adopting: descriptor)
    }

    /// Connects to 127.0.0.1 over TLS.
    convenience init(securePort port: UInt16) throws {
        let channel = try TLSChannel(port: port)
        self.init(adopting: channel.descriptor, of: channel)
    }

    /// Connects a socket that was made before.
    convenience init(connecting descriptor: Int32, port: UInt16) throws {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let status = unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard status == 0 else {
            let failure = errno
            close(descriptor)
            throw Failure(description: "connect: \(failure)")
        }
        self.init(adopting: descriptor)
    }

    deinit { close(descriptor) }

    func send(_ bytes: [UInt8]) throws {
        var rest = bytes[...]
        while !rest.isEmpty {
            let sent = unsafe rest.withUnsafeBytes {
                unsafe Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard sent > 0 else { throw Failure(description: "send: \(errno)") }
            rest = rest.dropFirst(sent)
        }
    }

    /// How many bytes of it the kernel takes at once.
    func sendWhatFits(_ bytes: [UInt8]) -> Int {
        unsafe max(0, Glibc.send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT)))
    }

    func send(_ text: String) throws { try send(Array(text.utf8)) }

    /// One read; empty at the end of the stream, a reset included.
    func receive(atMost count: Int = 65536) throws -> [UInt8] {
        if !buffered.isEmpty {
            defer { buffered = [] }
            return buffered
        }
        var bytes = [UInt8](repeating: 0, count: count)
        let received = unsafe bytes.withUnsafeMutableBytes { unsafe recv(descriptor, $0.baseAddress, $0.count, 0) }
        if received < 0, errno == ECONNRESET { return [] }
        guard received >= 0 else { throw Failure(description: "recv: \(errno)") }
        return Array(bytes.prefix(received))
    }

    func receive(exactly count: Int) throws -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count)
        while bytes.count < count {
            let more = try receive()
            guard !more.isEmpty else { throw Failure(description: "the end after \(bytes.count) of \(count) bytes") }
            bytes += more
        }
        buffered = Array(bytes[count...])
        return Array(bytes.prefix(count))
    }

    func receiveUntilEnd() throws -> [UInt8] {
        var bytes: [UInt8] = []
        while true {
            let more = try receive()
            if more.isEmpty { return bytes }
            bytes += more
        }
    }

    /// Everything up to and including the blank line after a head.
    func receiveHead() throws -> String {
        var bytes: [UInt8] = []
        let blank = Array("\r\n\r\n".utf8)
        while true {
            if let end = (3..<max(3, bytes.count)).first(where: { Array(bytes[($0 - 3)...$0]) == blank }) {
                buffered = Array(bytes[(end + 1)...])
                return String(decoding: bytes[...end], as: UTF8.self)
            }
            let more = try receive()
            guard !more.isEmpty else {
                throw Failure(description: "the end within a head: \(String(decoding: bytes, as: UTF8.self))")
            }
            bytes += more
        }
    }

    /// A frame; nil at the end of the stream.
    func receiveFrame() throws -> RawFrame? {
        if buffered.isEmpty {
            buffered = try receive()
            if buffered.isEmpty { return nil }
        }
        let head = try receive(exactly: 2)
        var length = Int(head[1] & 0x7F)
        if length >= 126 {
            length = try receive(exactly: length == 126 ? 2 : 8).reduce(0) { $0 << 8 | Int($1) }
        }
        let key = head[1] & 0x80 == 0 ? nil : try receive(exactly: 4)
        var payload = length == 0 ? [] : try receive(exactly: length)
        if let key { for index in payload.indices { payload[index] ^= key[index & 3] } }
        return RawFrame(
            isFinal: head[0] & 0x80 != 0,
            reserved: head[0] >> 4 & 7,
            opcode: head[0] & 0xF,
            isMasked: key != nil,
            payload: payload
        )
    }

    /// The accepted socket of this process that it is connected to; for looking only.
    var otherEnd: Descriptor? {
        guard let own = unsafe Descriptor(number: descriptor).address(getsockname) else { return nil }
        return (0..<65_536).map(Descriptor.init).first { unsafe $0.address(getpeername) == own }
    }

    /// Sends FIN.
    func finishSending() { shutdown(descriptor, Int32(SHUT_WR)) }

    /// Sends RST behind what was sent: Linux disconnects a socket that is connected to no address family.
    func reset() {
        var nowhere = sockaddr()
        nowhere.sa_family = sa_family_t(AF_UNSPEC)
        unsafe _ = connect(descriptor, &nowhere, socklen_t(MemoryLayout<sockaddr>.size))
    }
}

/// What the kernel says of a socket.
struct Descriptor {
    let number: Int32

    /// How many this process has open, one for the look at them included; nil when that can't be known.
    static var openCount: Int? {
        guard let directory = unsafe opendir("/proc/self/fd") else { return nil }
        defer { unsafe closedir(directory) }
        var count = 0
        while unsafe readdir(directory) != nil { count += 1 }
        return count
    }

    /// Whether programs that are started get it.
    var isInherited: Bool { fcntl(number, F_GETFD) & FD_CLOEXEC == 0 }

    func option(_ level: Int32, _ name: Int32) -> Int32? {
        var value: Int32 = 0
        var length = socklen_t(MemoryLayout<Int32>.size)
        return unsafe getsockopt(number, level, name, &value, &length) == 0 ? value : nil
    }

    /// The port and address on one side of an IPv4 socket.
    func address(
        _ side: (Int32, UnsafeMutablePointer<sockaddr>, UnsafeMutablePointer<socklen_t>) -> Int32
    ) -> [UInt32]? {
        var address = sockaddr_in()
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let status = unsafe withUnsafeMutablePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe side(number, $0, &length) }
        }
        guard status == 0, address.sin_family == sa_family_t(AF_INET) else { return nil }
        return [UInt32(address.sin_port), address.sin_addr.s_addr]
    }
}

/// A WebSocket frame as it was on the wire.
struct RawFrame: Equatable {
    var isFinal = true
    var reserved: UInt8 = 0
    var opcode: UInt8
    var isMasked = false
    var payload: [UInt8] = []

    static func text(_ text: String) -> RawFrame { RawFrame(opcode: 1, payload: Array(text.utf8)) }

    static func close(_ code: UInt16, _ reason: String = "") -> RawFrame {
        RawFrame(opcode: 8, payload: [UInt8(code >> 8), UInt8(code & 0xFF)] + Array(reason.utf8))
    }

    var encoded: [UInt8] {
        var bytes = [(isFinal ? 0x80 : 0) | reserved << 4 | opcode]
        let mask: UInt8 = isMasked ? 0x80 : 0
        switch payload.count {
        case ..<126: bytes.append(mask | UInt8(payload.count))
        case ..<65536: bytes += [mask | 126, UInt8(payload.count >> 8), UInt8(payload.count & 0xFF)]
        default:
            bytes.append(mask | 127)
            bytes += (0..<8).map { UInt8(payload.count >> (56 - 8 * $0) & 0xFF) }
        }
        guard isMasked else { return bytes + payload }
        let key: [UInt8] = [0x12, 0x34, 0x56, 0x78]
        bytes += key
        bytes += payload.enumerated().map { $1 ^ key[$0 & 3] }
        return bytes
    }

    /// As a client sends it.
    var masked: [UInt8] {
        var frame = self
        frame.isMasked = true
        return frame.encoded
    }

    var closeCode: UInt16? {
        opcode == 8 && payload.count >= 2 ? UInt16(payload[0]) << 8 | UInt16(payload[1]) : nil
    }

    var text: String { String(decoding: opcode == 8 ? payload.dropFirst(2) : payload[...], as: UTF8.self) }
}
