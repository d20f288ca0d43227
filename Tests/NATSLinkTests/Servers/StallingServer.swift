#if Cluster
import Glibc
import NATSLink
import NATSServers
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
#endif
