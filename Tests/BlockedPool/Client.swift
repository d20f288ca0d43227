import Glibc

/// A client on a plain socket whose calls block.
final class Client {
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    private let descriptor: Int32
    private var arrived: [UInt8] = []

    init(port: UInt16) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var timeout = timeval(tv_sec: 10, tv_usec: 0)
        unsafe setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &timeout, socklen_t(MemoryLayout<timeval>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(INADDR_LOOPBACK).bigEndian
        let status = unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard status == 0 else { throw Failure(description: "can't connect") }
    }

    deinit { close(descriptor) }

    /// Opens a WebSocket; with a subprotocol it is acknowledged when this returns, unless it is mute.
    convenience init(port: UInt16, path: String, subprotocol: String? = nil, isMute: Bool = false) throws {
        try self.init(port: port)
        let offer = subprotocol.map { "Sec-WebSocket-Protocol: \($0)\r\n" } ?? ""
        try send(
            "GET \(path) HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\(offer)\r\n"
        )
        _ = try text(through: "\r\n\r\n")
        guard subprotocol != nil, !isMute else { return }
        try send(message: #"{"type":"connection_init"}"#)
        try waits(for: #""connection_ack""#)
    }

    func send(_ text: String) throws {
        let bytes = Array(text.utf8)
        guard unsafe Glibc.send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count else {
            throw Failure(description: "can't send")
        }
    }

    /// Sends a short text message; its mask is zero.
    func send(message: String) throws {
        let bytes = Array(message.utf8)
        let length = [UInt8(0x80 | 126), UInt8(bytes.count >> 8), UInt8(bytes.count & 0xFF)]
        try send(frame: [0x81] + length + [0, 0, 0, 0] + bytes)
    }

    private func send(frame: [UInt8]) throws {
        guard unsafe Glibc.send(descriptor, frame, frame.count, Int32(MSG_NOSIGNAL)) == frame.count else {
            throw Failure(description: "can't send")
        }
    }

    /// Returns when a text has arrived so many times, counted from where the last wait ended.
    func waits(for mark: String, times: Int = 1) throws {
        for _ in 0..<times { _ = try text(through: mark) }
    }

    /// Everything up to a text.
    func text(through mark: String) throws -> String {
        String(decoding: try bytes(through: Array(mark.utf8)), as: UTF8.self)
    }

    /// Everything up to a mark.
    func bytes(through mark: [UInt8]) throws -> [UInt8] {
        while true {
            if let found = arrived.firstRange(of: mark) {
                defer { arrived.removeFirst(found.upperBound) }
                return Array(arrived[..<found.upperBound])
            }
            guard try receive() else {
                throw Failure(description: "the end, before \(String(decoding: mark, as: UTF8.self))")
            }
        }
    }

    /// Answers the close frame that has to come, with this code, and returns at the end of the stream.
    func leaves(code: UInt16) throws {
        let bytes = [UInt8(code >> 8), UInt8(code & 0xFF)]
        while true {
            if let found = arrived.firstRange(of: bytes), found.lowerBound >= 2, arrived[found.lowerBound - 2] == 0x88 {
                break
            }
            guard try receive() else { throw Failure(description: "the end, before a close with \(code)") }
        }
        try send(frame: [0x88, 0x82, 0, 0, 0, 0] + bytes)
        while try receive() {}
    }

    private func receive() throws -> Bool {
        var chunk = [UInt8](repeating: 0, count: 65536)
        let count = unsafe recv(descriptor, &chunk, chunk.count, 0)
        guard count >= 0 else { throw Failure(description: "nothing came for 10 s") }
        arrived += chunk.prefix(count)
        return count > 0
    }
}
