#if Cluster
import Glibc
import NATSLink
import WebSockets

/// A server that begins a handshake with each client, and never goes on with it.
final class StallingServer: Sendable {
    private let listener: Int32
    private let thread = OwnThread(name: "stalling")
    let server: NATSServer

    /// Listens.
    ///
    /// - Parameter isSecure: Whether it asks for TLS.
    init(isSecure: Bool) throws {
        let info = #"{"server_id":"N","version":"2.15.1","max_payload":1048576,"tls_required":\#(isSecure)}"#
        listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        server = try NATSServer(parsing: "nats://127.0.0.1:\(try listener.listenOnLoopback())")
        Task(executorPreference: thread) { [listener] in
            let line = Array("INFO \(info)\r\n".utf8)
            while true {
                let client = accept(listener, nil, nil)
                guard client >= 0 else { return }
                _ = unsafe send(client, line, line.count, Int32(MSG_NOSIGNAL))
            }
        }
    }

    deinit { shutdown(listener, Int32(SHUT_RDWR)) }
}

extension Int32 {
    /// Binds a socket to a free port of the loopback, which is returned, and listens.
    func listenOnLoopback() throws -> UInt16 {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let status = unsafe withUnsafeMutablePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                unsafe bind(self, address, size) == 0 ? getsockname(self, address, &size) : -1
            }
        }
        guard status == 0, listen(self, 16) == 0 else { throw NATSServerProcess.Failure(description: "no free port") }
        return UInt16(bigEndian: address.sin_port)
    }
}
#endif
