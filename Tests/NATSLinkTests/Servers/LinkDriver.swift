#if Cluster
import Backoffs
import NATSLink
import NATSServers
import WebSockets

/// Owns a link on a loop, as the relay's parts do, and notes what it tells.
actor LinkDriver: LoopActor {
    nonisolated let loop: EventLoop
    private var link: NATSLink?
    private(set) var events: [NATSLinkEvent] = []
    private var waiters: [(matches: (NATSLinkEvent) -> Bool, continuation: CheckedContinuation<NATSLinkEvent, Never>)] =
        []
    /// How many of the events have been waited for.
    private var seen = 0

    init(loop: EventLoop) { self.loop = loop }

    /// Starts a link to servers; retries come quickly.
    static func start(
        _ servers: [NATSServer],
        change: @Sendable (inout NATSLinkConfiguration) -> Void = { _ in }
    ) async throws -> LinkDriver {
        let driver = LinkDriver(loop: try EventLoop(name: "link", servesSockets: false))
        var configuration = NATSLinkConfiguration(servers: servers)
        configuration.backoff = Backoff(waits: .constant(.milliseconds(20)), jitter: .none)
        change(&configuration)
        await driver.start(configuration)
        return driver
    }

    /// Starts one, and waits until it is connected.
    static func connect(
        to server: NATSServerProcess,
        change: @Sendable (inout NATSLinkConfiguration) -> Void = { _ in }
    ) async throws -> LinkDriver {
        let driver = try await start([server.server], change: change)
        await driver.event(where: \.isConnected)
        return driver
    }

    private func start(_ configuration: NATSLinkConfiguration) {
        let link = NATSLink(on: loop, configuration) { [weak self] event in self?.assumeIsolated { $0.note(event) } }
        self.link = link
        link.start()
    }

    private func note(_ event: NATSLinkEvent) {
        events.append(event)
        guard let index = waiters.firstIndex(where: { $0.matches(event) }) else { return }
        seen = events.count
        waiters.remove(at: index).continuation.resume(returning: event)
    }

    /// The next event of a kind that hasn't been waited for.
    @discardableResult func event(where matches: @escaping (NATSLinkEvent) -> Bool) async -> NATSLinkEvent {
        // Other work of the loop may come before the closure.
        await withCheckedContinuation { continuation in
            guard let index = events[seen...].firstIndex(where: matches) else {
                return waiters.append((matches, continuation))
            }
            seen = index + 1
            continuation.resume(returning: events[index])
        }
    }

    /// Uses the link on its loop.
    func use<Value: Sendable>(_ body: (NATSLink) throws -> Value) throws -> Value {
        guard let link else { throw NATSServerProcess.Failure(description: "no link") }
        return try body(link)
    }

    /// Asks, and awaits the answer.
    func ask(_ text: String, at subject: String, within limit: Duration = .seconds(10)) async throws -> NATSAnswer {
        guard let link else { throw NATSServerProcess.Failure(description: "no link") }
        return await link.answer(to: Array(text.utf8), at: try NATSSubject(subject), within: limit)
    }

    /// Closes the link, and waits until libnats has released its connection.
    func close() async {
        guard let link = link.take() else { return }
        await withCheckedContinuation { continuation in link.close { continuation.resume() } }
    }

    /// Closes the link, and ends the loop.
    func end() async {
        await close()
        await loop.stop()
    }
}

extension NATSLinkEvent {
    var isConnected: Bool { if case .connected = self { true } else { false } }
    var isDisconnected: Bool { if case .disconnected = self { true } else { false } }
    var isClosed: Bool { if case .closed = self { true } else { false } }
    var isFailed: Bool { if case .connectFailed = self { true } else { false } }

    /// Why no server could be connected to.
    var reasons: [String] { if case .connectFailed(let reasons, _) = self { reasons } else { [] } }
}
#endif
