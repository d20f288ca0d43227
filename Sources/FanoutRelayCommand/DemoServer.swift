import DemoUpstream
import WebSockets

/// The demo server, on loops of its own.
struct DemoServer {
    /// How it ends a link on purpose.
    enum LinkEnding {
        /// Without a close frame.
        case cut
        /// With a TCP reset.
        case reset
        /// With a close frame of this code.
        case close(UInt16)
    }

    /// The URL of its WebSocket.
    let url: String
    private let upstream: DemoUpstream
    private let loops: [EventLoop]

    /// Starts it; with an identity it serves TLS.
    init(host: String, port: UInt16, identity: ServerIdentity?) async throws {
        let loop = try EventLoop(name: "demo-upstream")
        let listenerLoop = try EventLoop(name: "demo-listener", servesSockets: false)
        var options = DemoUpstream.Options(host: host, port: port)
        options.identity = identity
        upstream = DemoUpstream(on: loop, options: options)
        url = try await upstream.start(listenerLoop: listenerLoop).url
        loops = [loop, listenerLoop]
    }

    /// Ends its links at every interval, until the task is cancelled.
    func dropLinks(every interval: Duration, _ ending: LinkEnding) async {
        while (try? await clock.sleep(for: interval)) != nil {
            switch ending {
            case .cut: await upstream.dropLinks(code: nil)
            case .reset: await upstream.resetLinks()
            case .close(let code): await upstream.dropLinks(code: code)
            }
        }
    }

    /// Misbehaves from now on; with an interval it alternates between good and bad behaviour until the task is
    /// cancelled.
    func misbehave(_ fault: DemoUpstream.Fault, every interval: Duration?) async {
        guard let interval else { return await upstream.setFault(fault) }
        var next = fault
        while (try? await clock.sleep(for: interval)) != nil {
            await upstream.setFault(next)
            // Such a fault concerns new links only, so that the existing ones are dropped.
            if next.needsNewLink { await upstream.dropLinks(code: nil) }
            next = next == .none ? fault : .none
        }
    }

    /// The loop of its links.
    var loop: EventLoop { loops[0] }

    private var clock: LoopClock { LoopClock(loop) }

    func stop() async {
        await upstream.stop()
        for loop in loops { await loop.stop() }
    }
}
