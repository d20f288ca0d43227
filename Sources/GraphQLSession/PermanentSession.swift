internal import Backoffs
internal import GraphQLTransport
package import Synchronization
package import WebSockets

/// One permanent, reconnecting session with a GraphQL server: many operations over one link at a time.
///
/// ``GraphQLClient/connect(reconnecting:retryConnect:retryExecute:onEvent:)`` makes one. Any number of tasks may share
/// it, and all their operations run side by side on its link:
///
/// ```swift
/// let results = try await withThrowingTaskGroup { group in
///     for request in requests {
///         group.addTask { try await session.execute(request) }
///     }
///     return try await group.reduce(into: []) { $0.append($1) }
/// }
/// ```
///
/// A lost link fails the subscriptions that ran on it (wrap them in `restarting(with:)`), and calls made meanwhile wait
/// for the next link. Once started it stays, whoever lets go of it, until it is closed or gives up.
///
/// An actor on a thread of its own, or on its owner's event loop.
public actor PermanentSession {
    let configuration: SessionConfiguration
    let source: Credentials.Source?
    package nonisolated let loop: EventLoop
    private let ownsLoop: Bool
    var machine: LinkMachine
    private var timer: LoopTimer?
    private var armedFor: Duration?
    var client: WebSocketClient?
    /// Made for the first request over HTTP.
    var http: HTTPClient?
    var socket: WebSocket?
    /// Sockets that were let go, until their close handshakes are over.
    var parting = PartingSockets()
    private var operations: [UInt64: PayloadMailbox] = [:]
    /// Operations whose reader has what it wants, and that only end yet.
    private var answered = AnsweredOperations()
    private var answeredTimer: LoopTimer?
    /// Calls that wait, by the order they came.
    var waiters: [UInt64: Waiter] = [:]
    private var nextID: UInt64 = 1
    var initPayload: [UInt8]?
    /// Where calls of the user's closures stand in line.
    var line = ClosureLine()
    /// The user's closures at work.
    var asking: Asking?
    /// The thread of the user's closures, made for the first of them.
    var closureThread: OwnThread?
    /// Requests over HTTP that wait for what the closures say.
    var askers: [UInt64: Asker] = [:]
    /// Tells a dial that was prepared from one that is outdated.
    private(set) var dialNumber = 0
    private(set) var ending: SessionError?
    /// What is known of the message that is passing by, too large to be kept.
    var passing = MessageSketcher()
    /// Messages of the server that had no effect, over all links: of unknown types, for operations that there never
    /// were, or with payloads that have no place in them.
    package nonisolated let ignoredMessages = Atomic(0)
    private let eventSink: AsyncStream<SessionEvent>.Continuation
    private let observer: (@Sendable (SessionEvent) -> Void)?
    /// Gets the time that an answer to the link itself took.
    let roundTrip: (@Sendable (Duration) -> Void)?

    /// What becomes of the session, for one reader; the newest 256 are kept for a slow one.
    ///
    /// From the first attempt to connect on. It ends after ``SessionEvent/ended(_:)`` or ``SessionEvent/closed``.
    public nonisolated let events: AsyncStream<SessionEvent>

    /// The event loop.
    public nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe loop.asUnownedSerialExecutor() }

    /// Makes a session with one URL that isn't connected yet, on a loop of its owner's.
    ///
    /// The time for closes is the loop's owner's to set. Without an endpoint it executes over HTTP only.
    ///
    /// - Parameter roundTrip: Gets, on the loop, how long the server took to acknowledge a link or to answer a ping.
    package init(
        to endpoint: Endpoint?,
        _ configuration: SessionConfiguration,
        on loop: EventLoop,
        roundTrip: (@Sendable (Duration) -> Void)? = nil
    ) {
        self.init(
            asking: endpoint.map(Credentials.Source.fixed),
            configuration,
            on: loop,
            ownsLoop: false,
            observer: nil,
            roundTrip: roundTrip
        )
    }

    /// Makes a session that asks for its URL at each connect; one that owns its loop stops it when it ends.
    init(
        asking source: Credentials.Source?,
        _ configuration: SessionConfiguration,
        on loop: EventLoop,
        ownsLoop: Bool,
        observer: (@Sendable (SessionEvent) -> Void)?,
        roundTrip: (@Sendable (Duration) -> Void)? = nil
    ) {
        self.roundTrip = roundTrip
        self.source = source
        self.observer = observer
        self.configuration = configuration
        self.loop = loop
        self.ownsLoop = ownsLoop
        machine = LinkMachine(configuration, now: EventLoop.now)
        (events, eventSink) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(256))
    }

    /// True while a link is acknowledged; false from the server's close frame on, though the socket is open still
    /// (C13).
    public var isConnected: Bool { machine.isLive && socket?.isOpen == true }

    /// Counts the acknowledged links; 0 before the first.
    public var generation: UInt64 { machine.generation }

    /// Starts to connect, and to reconnect for ever after; returns at once.
    ///
    /// ``GraphQLClient/connect(reconnecting:retryConnect:retryExecute:onEvent:)`` has done so. Further calls do
    /// nothing, nor does the first one of a session without a WebSocket.
    public func start() {
        guard ending == nil, source != nil else { return }
        perform(machine.start(at: EventLoop.now), Span<UInt8>())
    }

    /// Waits until a link is acknowledged.
    ///
    /// Returns at once while there is one.
    ///
    /// - Throws: ``SessionError/ended(_:)`` when the session gave up, ``SessionError/waitedTooLong`` after
    ///   ``SessionConfiguration/waitLimit``, ``SessionError/closed``, and ``SessionError/noWebSocket`` if it has no
    ///   endpoint to connect to; `CancellationError` with the task.
    public func connected() async throws {
        try await connected(after: 0)
    }

    /// Waits until a link after the `generation`-th is acknowledged; throws like ``connected()``.
    public func connected(after generation: UInt64) async throws {
        try await connected(after: generation, until: nil)
    }

    func connected(after generation: UInt64, until end: Duration?) async throws {
        let limits = [configuration.waitLimit.map { EventLoop.now + $0 }, end]
        let deadline = limits.compactMap(\.self).min()
        while !isConnected(after: generation) {
            if let ending { throw ending }
            guard source != nil else { throw SessionError.noWebSocket }
            try await waitForLink(after: generation, until: deadline)
        }
    }

    func isConnected(after generation: UInt64) -> Bool { isConnected && machine.generation > generation }

    /// Starts an operation on the link, which must be there.
    ///
    /// - Parameter hasNumbers: Whether its results are events that the server numbers.
    func begin(
        _ request: GraphQLRequest,
        resuming point: ResumePoint? = nil,
        hasNumbers: Bool
    ) throws(SessionError) -> Subscription {
        let id = takeID()
        guard let message = machine.subscribe(id: id, request), let socket else { throw .closed }
        let mailbox = PayloadMailbox(limit: configuration.subscriptionBuffer, hasTokens: hasNumbers)
        operations[id] = mailbox
        socket.send(text: message)
        let lease = Subscription.Lease(id: id, session: self)
        return Subscription(mailbox: mailbox, lease: lease, point: point, hasTokens: hasNumbers)
    }

    /// Ends everything: subscriptions and calls fail with ``SessionError/closed``, the link closes with 1000.
    ///
    /// So does every later call, at once; a mutation that was under way throws
    /// ``SessionError/outcomeUnknown(reason:)``. Returns at once, also while it connects. A thread of its own ends when
    /// the server has answered the close, after the close timeout at the latest.
    public func close() {
        guard ending == nil else { return }
        if let farewell = machine.close() { socket?.send(text: farewell) }
        answered.removeAll()
        let ended = operations
        operations = [:]
        for mailbox in ended.values { mailbox.finish(SessionError.closed) }
        letGoOfLink(.normalClosure, CloseCode.normalClosure.defaultReason)
        end(.closed, .closed)
    }

    /// A number that is never used again, whatever the link (C14): an operation's id, or a waiter's key.
    func takeID() -> UInt64 {
        defer { nextID += 1 }
        return nextID
    }

    /// The last reader of a subscription let go.
    func release(_ id: UInt64) {
        guard let mailbox = operations.removeValue(forKey: id) else { return }
        mailbox.finish(CancellationError())
        complete(id)
    }

    /// An operation has its one result, behind which the server completes it: nothing more is taken of it.
    ///
    /// To let go of its subscription says nothing to the server then.
    func settle(_ id: UInt64) {
        guard let mailbox = operations.removeValue(forKey: id) else { return }
        mailbox.finish(nil)
        if answered.isEmpty {
            let timer = answeredTimer ?? LoopTimer(on: loop) { [self] in assumeIsolated { $0.giveUpAnswered() } }
            answeredTimer = timer
            timer.start(after: configuration.completionTimeout)
        }
        answered.insert(id)
    }

    private func giveUpAnswered() {
        for id in answered.turn() { complete(id) }
        if !answered.isEmpty { answeredTimer?.start(after: configuration.completionTimeout) }
    }

    private func complete(_ id: UInt64) {
        if let message = machine.complete(id: id) { socket?.send(text: message) }
    }

    // Doing what the machine says.

    func perform(_ action: LinkMachine.Action, _ message: Span<UInt8>) {
        switch action {
        case .none:
            break
        case .ignored(let reply):
            ignoredMessages.add(1, ordering: .relaxed)
            if let reply { socket?.send(text: reply) }
        case .dial:
            dial()
        case .send(let text):
            socket?.send(text: text)
        case .probe:
            socket?.ping()
        case .acknowledged:
            tell(.connected(generation: machine.generation))
            wakeWaiters()
        case .next(let id, let payload):
            if let mailbox = operations[id] {
                mailbox.append(payload, of: message)
            } else if answered.remove(id) {
                // It has more than one result, perhaps for ever.
                complete(id)
            }
        case .failed(let id, let errors):
            answered.remove(id)
            let error = QueryError(errors: GraphQLErrors.array(message, in: errors))
            operations.removeValue(forKey: id)?.finish(error)
        case .completed(let id):
            answered.remove(id)
            operations.removeValue(forKey: id)?.finish(nil)
        case .misfit(let id, let misfit, let reply):
            answered.remove(id)
            let error = SessionError(misfit, of: message, limit: configuration.maximumMessageSize)
            operations.removeValue(forKey: id)?.finish(error)
            if let reply { socket?.send(text: reply) }
        case .lost(let failure, let retryIn):
            lose(failure)
            tell(.disconnected(failure, retryIn: retryIn))
        case .ended(let failure):
            lose(failure)
            end(.ended(failure), .ended(failure))
        }
        arm(for: machine.deadline)
        tellRoundTrip()
    }

    private func tell(_ event: SessionEvent) {
        eventSink.yield(event)
        observer?(event)
        #if Logging
        configuration.logger?.log(event)
        #endif
    }

    private func dial() {
        guard let source else { return }
        tell(.connecting(attempt: machine.attempt))
        dialNumber += 1
        guard let credentials = Credentials(for: source, without: configuration) else {
            return ask(forDial: dialNumber)
        }
        dial(with: credentials)
    }

    /// The user's closures gave what a dial needs, or didn't.
    func answer(dial number: Int, _ answer: Result<Credentials, LinkFailure>) {
        guard number == dialNumber else { return }
        switch answer {
        case .success(let credentials): dial(with: credentials)
        case .failure(let failure): perform(machine.failed(failure, at: EventLoop.now), Span<UInt8>())
        }
    }

    private func dial(with credentials: Credentials) {
        let endpoint = credentials.endpoint
        initPayload = credentials.initPayload
        let (skipSize, isBoundless) = configuration.maximumMessageSize.multipliedReportingOverflow(by: 16)
        let limits = WebSocket.Limits(
            // A token is no part of what the limit is for.
            messageSize: configuration.maximumMessageSize + (configuration.asksForTokens ? 256 : 0),
            skipSize: isBoundless ? .max : skipSize,
            controlSize: 16 << 20
        )
        var target = WebSocketClient.Target(
            isSecure: endpoint.isSecure,
            host: endpoint.host,
            port: endpoint.port,
            path: endpoint.path,
            subprotocols: configuration.subprotocols.map(\.rawValue),
            headers: credentials.headers,
            authorityFile: configuration.authorityFile,
            limits: limits
        )
        target.identity = configuration.clientIdentity.map { TLSIdentity($0) }
        target.proxies = configuration.proxies
        client = WebSocketClient(on: loop, to: target, delegate: self)
    }

    private func lose(_ failure: LinkFailure) {
        switch failure {
        // 4499 stands for a silent link and is never sent.
        case .dropped(let code, let reason): letGoOfLink(code == .terminated ? .goingAway : code, reason)
        case .subprotocolRefused: letGoOfLink(.protocolError, "\(failure)")
        // No link, or one that is gone: nobody hears it.
        case .unreachable, .credentials, .closed, .lost: letGoOfLink(.goingAway, "")
        }
        answered.removeAll()
        let lost = operations
        operations = [:]
        for mailbox in lost.values { mailbox.finish(SessionError.linkLost(failure)) }
    }

    private func letGoOfLink(_ code: CloseCode, _ reason: String) {
        dialNumber += 1
        giveUpAsking()
        initPayload = nil
        client?.abandon()
        client = nil
        guard let socket else { return }
        self.socket = nil
        parting.append(socket)
        socket.close(code.rawValue, reason)
    }

    private func end(_ error: SessionError, _ event: SessionEvent) {
        ending = error
        timer?.close()
        timer = nil
        answeredTimer?.close()
        answeredTimer = nil
        http?.close()
        http = nil
        stopAsking(error)
        failWaiters(error)
        tell(event)
        eventSink.finish()
        stopLoop()
    }

    /// Ends the thread after the close handshake: before it, bytes that were not read yet would turn it into a reset.
    func stopLoop() {
        guard ownsLoop, ending != nil, parting.isEmpty else { return }
        Task(executorPreference: loop) { [loop] in await loop.stop() }
    }

    // Time.

    /// Starts the timer when something falls due before what it is set for; when it fires too early it is set anew.
    func arm(for due: Duration?) {
        guard ending == nil, let due, armedFor.map({ due < $0 }) ?? true else { return }
        let timer = self.timer ?? LoopTimer(on: loop) { [self] in assumeIsolated { $0.timerFired() } }
        self.timer = timer
        armedFor = due
        timer.start(after: due - EventLoop.now)
    }

    private func timerFired() {
        armedFor = nil
        let now = EventLoop.now
        wakeWaiters(at: now)
        if let deadline = machine.deadline, now >= deadline, let failure = closureFailure() {
            perform(machine.failed(failure, at: now), Span<UInt8>())
        }
        perform(machine.tick(at: now, whileDialling: client?.progress), Span<UInt8>())
    }
}
