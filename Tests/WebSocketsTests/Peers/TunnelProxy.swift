import Glibc
import Synchronization
import WebSockets

/// A proxy that opens tunnels to one port of this machine, whatever it is asked for, on threads of its own.
final class TunnelProxy: Sendable {
    private let listener: RawListener
    private let target: UInt16
    private let asked = Mutex<String?>(nil)

    /// The last CONNECT.
    var request: String? { asked.withLock { $0 } }

    /// Variables that name it for every scheme.
    var environment: ProxyEnvironment {
        let url = "http://127.0.0.1:\(listener.port)"
        return ProxyEnvironment { $0 == "all_proxy" ? url : nil }
    }

    init(to target: UInt16) throws {
        let listener = try RawListener()
        self.listener = listener
        self.target = target
        onThread { [weak self] in
            while let client = try? listener.accept(), let self { try? serve(client) }
        }
    }

    private func serve(_ client: RawPeer) throws {
        let head = try client.receiveHead()
        asked.withLock { $0 = head }
        let server = try RawPeer(port: target)
        try client.send("HTTP/1.1 200 Fine\r\n\r\n")
        for (source, sink) in [(client, server), (server, client)] {
            onThread {
                while let bytes = try? source.receive(), !bytes.isEmpty { try? sink.send(bytes) }
                sink.finishSending()
            }
        }
    }
}

/// Runs what blocks on a thread of its own: the tests' tasks have hardly any.
private func onThread(_ body: @escaping @Sendable () -> Void) {
    final class Work: Sendable {
        let body: @Sendable () -> Void
        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }
    var thread = pthread_t()
    unsafe pthread_create(
        &thread,
        nil,
        { pointer in
            guard let pointer = unsafe pointer else { return nil }
            unsafe Unmanaged<Work>.fromOpaque(pointer).takeRetainedValue().body()
            return nil
        },
        Unmanaged.passRetained(Work(body)).toOpaque()
    )
    pthread_detach(thread)
}
