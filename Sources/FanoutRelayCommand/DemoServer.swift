import DemoUpstream
import WebSockets

/// The made-up server on loops of its own.
struct DemoServer {
    /// Its WebSocket.
    let url: String
    private let upstream: DemoUpstream
    private let loops: [EventLoop]

    init(host: String, port: UInt16) async throws {
        let loop = try EventLoop(name: "demo-upstream")
        let listenerLoop = try EventLoop(name: "demo-listener", servesSockets: false)
        upstream = DemoUpstream(on: loop, options: DemoUpstream.Options(host: host, port: port))
        url = try await upstream.start(listenerLoop: listenerLoop).url
        loops = [loop, listenerLoop]
    }

    /// Cuts the links again and again, until the task is cancelled.
    func dropLinks(every interval: Duration) async {
        while (try? await Task.sleep(for: interval)) != nil { await upstream.dropLinks(code: nil) }
    }

    func stop() async {
        await upstream.stop()
        for loop in loops { await loop.stop() }
    }
}
