internal import Synchronization

/// One wish to know a name's addresses; used on its loop's thread only, but for `finish`.
///
/// It calls back once, later, on the loop: with at least one address in the system's order of preference, or at the
/// loop's end with an error, however long the name itself takes.
final class NameLookup: @unchecked Sendable {
    typealias Result = Swift.Result<[String], WebSocketError>

    /// Nil once it is over: a name that takes its time keeps no loop.
    private let loop: Mutex<EventLoop?>
    private var completion: ((Result) -> Void)?

    /// Starts it; addresses that are known already are taken instead.
    init(
        of host: String,
        known: [String] = [],
        on loop: EventLoop,
        by resolver: NameResolver = .system,
        completion: @escaping (Result) -> Void
    ) {
        self.loop = Mutex(loop)
        self.completion = completion
        guard !loop.isOver else {
            finish(.failure(Self.loopHasStopped))
            return
        }
        loop.adopt(self)
        if known.isEmpty { resolver.resolve(host, for: self) } else { finish(.success(known)) }
    }

    /// Whether nobody waits for it any more; asked on any thread.
    var isOver: Bool { loop.withLock { $0 == nil } }

    /// The name's addresses are known, or that there are none; called on any thread.
    func finish(_ result: Result) {
        guard let loop = loop.withLock({ $0 }) else { return }
        loop.execute { [self] in end(result) }
    }

    /// Ends it without a call.
    func cancel() {
        completion = nil
        letGo()
    }

    /// The loop stops.
    func loopStops() { end(.failure(Self.loopHasStopped)) }

    private func end(_ result: Result) {
        guard let completion else { return }
        cancel()
        completion(result)
    }

    private func letGo() {
        let loop = loop.withLock { $0.take() }
        loop?.release(self)
    }

    private static let loopHasStopped = WebSocketError.loopUnavailable("the event loop has stopped")
}
