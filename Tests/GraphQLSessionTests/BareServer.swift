import Glibc
import GraphQLSession
import TestSupport
import WebSockets
import Wire

/// A listening socket, and no more: what a WebSocket library would do by itself is left to the test.
///
/// Its calls block, on a thread of its own.
@safe actor BareServer {
    nonisolated let endpoint: Endpoint
    /// The same port as an HTTP server.
    nonisolated var httpEndpoint: String { "http://127.0.0.1:\(endpoint.port)/graphql" }
    private let loop: EventLoop
    private let descriptor: Int32
    /// Kept open, whoever lets go of them.
    private var links: [BareLink] = []

    nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe loop.asUnownedSerialExecutor() }

    init(on loop: EventLoop) throws {
        self.loop = loop
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        self.descriptor = descriptor
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(INADDR_LOOPBACK).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let bound = unsafe withUnsafeMutablePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { raw in
                unsafe bind(descriptor, raw, length) == 0 && listen(descriptor, 16) == 0
                    && getsockname(descriptor, raw, &length) == 0
            }
        }
        guard bound else { throw Unexpected(what: "no port") }
        endpoint = try Endpoint(parsing: "ws://127.0.0.1:\(UInt16(bigEndian: address.sin_port))/")
    }

    deinit { Glibc.close(descriptor) }

    /// Takes the next connection, as it comes.
    func accept() throws -> BareLink {
        let accepted = Glibc.accept(descriptor, nil, nil)
        guard accepted >= 0 else { throw Unexpected(what: "no connection") }
        let link = BareLink(accepted, on: loop)
        links.append(link)
        return link
    }

    /// Whether somebody has connected that was not accepted yet.
    var isCalled: Bool {
        var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        return unsafe poll(&entry, 1, 0) == 1
    }

    /// Takes the next connection and upgrades it; without a subprotocol when that is nil.
    func upgrade(subprotocol: String? = "graphql-transport-ws") async throws -> BareLink {
        let link = try accept()
        try await upgrade(link, subprotocol: subprotocol)
        return link
    }

    /// Answers the upgrade that a connection asks for.
    func upgrade(_ link: BareLink, subprotocol: String? = "graphql-transport-ws") async throws {
        let head = try await link.receiveHead()
        guard let line = head.split(separator: "\r\n").first(where: { $0.lowercased().hasPrefix("sec-websocket-key:") })
        else { throw Unexpected(what: "no key") }
        let key = String(line.drop { $0 != ":" }.dropFirst().drop { $0 == " " })
        let chosen = subprotocol.map { "Sec-WebSocket-Protocol: \($0)\r\n" } ?? ""
        try await link.send(
            Array(
                ("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                    + "Sec-WebSocket-Accept: \(AcceptKey.value(for: key))\r\n\(chosen)\r\n").utf8
            )
        )
    }

    /// Upgrades, reads `connection_init`, acknowledges.
    func acknowledge() async throws -> BareLink {
        let link = try await upgrade()
        try await link.acknowledge()
        return link
    }
}

/// One connection of a bare server, on its thread.
@safe actor BareLink {
    struct Frame: Sendable {
        var opcode: UInt8
        var payload: [UInt8]

        var text: String { String(decoding: payload, as: UTF8.self) }
        /// The code of a close frame.
        var code: UInt16? { opcode == 8 && payload.count >= 2 ? UInt16(payload[0]) << 8 | UInt16(payload[1]) : nil }
    }

    private let loop: EventLoop
    private let descriptor: Int32

    nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe loop.asUnownedSerialExecutor() }

    init(_ descriptor: Int32, on loop: EventLoop) {
        self.descriptor = descriptor
        self.loop = loop
    }

    deinit { Glibc.close(descriptor) }

    func send(_ opcode: FrameHead.Opcode, _ text: String) throws {
        try send(FrameHead.frame(opcode, Array(text.utf8)))
    }

    func send(_ bytes: [UInt8]) throws {
        let sent = unsafe Glibc.send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL))
        guard sent == bytes.count else { throw Unexpected(what: "the connection is gone") }
    }

    /// Reads `connection_init` and acknowledges it.
    func acknowledge() throws {
        guard try receive().text.contains("connection_init") else { throw Unexpected(what: "no connection_init") }
        try send(.text, Wire.acknowledgement)
    }

    func receiveHead() throws -> String {
        var head: [UInt8] = []
        while !head.suffix(4).elementsEqual(Array("\r\n\r\n".utf8)) { head += try read(1) }
        return String(decoding: head, as: UTF8.self)
    }

    /// The next HTTP request: its head, and its body by Content-Length.
    func receiveRequest() throws -> (head: String, body: String) {
        let head = try receiveHead()
        guard let line = head.split(separator: "\r\n").first(where: { $0.lowercased().hasPrefix("content-length:") }),
            let length = Int(line.drop { !$0.isNumber })
        else { throw Unexpected(what: "no length") }
        return (head, String(decoding: try read(length), as: UTF8.self))
    }

    /// Answers the request that was read.
    func answer(_ status: Int, _ type: String, _ body: String, headers: String = "") throws {
        let head = "HTTP/1.1 \(status) Status\r\nContent-Type: \(type)\r\nContent-Length: \(body.utf8.count)\r\n"
        try send(Array("\(head)\(headers)\r\n\(body)".utf8))
    }

    /// The next frame, which must be a short one.
    func receive() throws -> Frame {
        let head = try read(2)
        var length = Int(head[1] & 0x7F)
        if length == 126 { length = try read(2).reduce(0) { $0 << 8 | Int($1) } }
        let mask = try read(4)
        let payload = try read(length).enumerated().map { $1 ^ mask[$0 & 3] }
        return Frame(opcode: head[0] & 0xF, payload: payload)
    }

    /// Whether the client has ended the connection; waits until it sends or ends.
    var hasEnded: Bool {
        var byte: UInt8 = 0
        return unsafe recv(descriptor, &byte, 1, 0) <= 0
    }

    /// How long the client takes to end the connection, if it sends nothing more; measured on the link's own thread.
    var timeToEnd: Duration {
        ContinuousClock().measure { while !hasEnded {} }
    }

    /// Breaks the connection off with a reset.
    func reset() {
        var option = linger(l_onoff: 1, l_linger: 0)
        unsafe setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
        shutdown(descriptor, Int32(SHUT_RDWR))
    }

    private func read(_ count: Int) throws -> [UInt8] {
        var bytes: [UInt8] = []
        while bytes.count < count {
            var buffer = [UInt8](repeating: 0, count: count - bytes.count)
            let received = unsafe recv(descriptor, &buffer, buffer.count, 0)
            guard received > 0 else { throw Unexpected(what: "the connection has ended") }
            bytes += buffer.prefix(received)
        }
        return bytes
    }
}
