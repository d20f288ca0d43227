internal import AccessTokens
internal import Fanout
internal import GraphQLTransport
internal import Synchronization
internal import WebSockets

/// The clients of a shard, and how long each may be silent.
extension Shard {
    func join(_ client: Client) {
        let place = freePlaces.popLast() ?? clients.count
        if place == clients.count { clients.append(client) } else { clients[place] = client }
        client.socket.token = place
        // The listener accepted it a moment before the drain began.
        if isDraining { client.watch = .drain }
        statistics.clients.add(1, ordering: .relaxed)
        statistics.opened.add(1, ordering: .relaxed)
        wheel.schedule(place, at: client.nextDeadline)
        startTicking()
    }

    /// Has a client's connection count for its subject and end with its credential.
    ///
    /// Where the subject has too many by now, the client is closed.
    func limit(_ client: Client, to grant: Grant) {
        subjectPlaces[client.socket.token] = nil
        if let subjects = routes.subjects, let subject = grant.subject {
            guard let place = subjects.enter(subject) else { return stop(client, at: .subject) }
            subjectPlaces[client.socket.token] = place
        }
        guard let expiry = grant.expiry else { return client.accessEnd = nil }
        // Those that end together don't come back together; earlier, since later they had no right to events.
        let rest = expiry - Authorizer.now - .random(in: 0...Self.expirySpread)
        // A token may name any time at all, and a `Duration` has bounds.
        client.accessEnd = EventLoop.now + .seconds(min(max(0, rest), Self.longestAccess))
        wheel.schedule(client.socket.token, at: client.nextDeadline)
    }

    /// Whether the subject of a credential may have one more connection; a refusal is counted.
    func hasRoom(for grant: Grant) -> Bool {
        guard let subjects = routes.subjects, let subject = grant.subject, !subjects.hasRoom(for: subject) else {
            return true
        }
        statistics.met(.subject)
        return false
    }

    /// What a client hears whose subject has too many connections.
    static let subjectRefusal = "too many connections of your subject"

    /// Closes a client that has met a limit.
    func stop(_ client: Client, at limit: ClientLimit) {
        // What it has sent before still arrives.
        guard client.socket.isOpen else { return }
        statistics.met(limit)
        switch limit {
        case .messageRate:
            let rate = admission.allowedMessageRate
            client.socket.close(CloseCode.policyViolation.rawValue, "more than \(rate) messages within a second")
        case .subject:
            client.socket.close(CloseCode.tryAgainLater.rawValue, Self.subjectRefusal)
        case .subscribeRate, .operations: break
        }
    }

    /// How much earlier than its credential a connection may end, in seconds.
    private static let expirySpread = 1.0
    /// The longest time until a credential's end that is told from none, in seconds: some thirty years.
    private static let longestAccess = 1e9

    func client(of socket: WebSocket) -> Client? {
        guard clients.indices.contains(socket.token), let client = clients[socket.token], client.socket === socket
        else { return nil }
        return client
    }

    func leave(_ client: Client, code: UInt16?) {
        for subscriber in client.subscribers { remove(subscriber) }
        client.subscribers = []
        client.dialect.left(on: self)
        subjectPlaces[client.socket.token] = nil
        clients[client.socket.token] = nil
        freePlaces.append(client.socket.token)
        statistics.clients.subtract(1, ordering: .relaxed)
        if client.socket.isStream { statistics.streams.subtract(1, ordering: .relaxed) }
        statistics.closed(code)
    }

    // Time.

    /// Sets a client's next deadline.
    func watch(_ client: Client, _ watch: Client.Watch, for time: Duration) {
        client.watch = watch
        client.deadline = EventLoop.now + time
        client.wasHeard = false
        wheel.schedule(client.socket.token, at: client.nextDeadline)
    }

    private func startTicking() {
        guard ticker == nil else { return }
        let ticker = LoopTimer(on: loop) { [weak self] in self?.assumeIsolated { $0.tick() } }
        self.ticker = ticker
        ticker.start(after: TimerWheel.grain)
    }

    private func tick() {
        let now = EventLoop.now
        due.removeAll(keepingCapacity: true)
        wheel.advance(to: now, into: &due)
        for place in due {
            guard let client = clients[place], client.nextDeadline <= now else { continue }
            expired(client)
        }
        if wheel.count > 0 {
            ticker?.start(after: TimerWheel.grain)
        } else {
            ticker?.close()
            ticker = nil
        }
    }

    /// Handles a client whose deadline has passed.
    private func expired(_ client: Client) {
        let socket = client.socket
        guard socket.isOpen else { return }
        if let accessEnd = client.accessEnd, accessEnd <= EventLoop.now {
            return client.refuse(authorizer.refuse(.expired))
        }
        if case .drain = client.watch { return sendAway(client) }
        if case .initialisation = client.watch {
            client.dialect.initialisationTimedOut(client, on: self)
            if socket.isOpen { watch(client, .idle, for: admission.pingInterval) }
            return
        }
        if client.wasHeard {
            client.dialect.keepAlive(client)
            return watch(client, .idle, for: admission.pingInterval)
        }
        switch client.watch {
        case .idle where client.isReady:
            socket.ping()
            client.dialect.keepAlive(client)
            if socket.isStream { return watch(client, .idle, for: admission.pingInterval) }
            watch(client, .pong, for: admission.pongTimeout)
        case .idle:
            // A ping would wait behind the bytes that the client doesn't read. It has until the deadline to read some
            // of them.
            _ = socket.hasAdvanced()
            watch(client, .blocked, for: timeout(with: client))
        case .blocked where socket.hasAdvanced(by: client.mayBeOvertaken ? 1 : slowestProgress):
            watch(client, .blocked, for: timeout(with: client))
        case .pong, .blocked, .initialisation, .drain:
            socket.terminate()
        }
    }

    /// How long a blocked client may go without reading anything.
    ///
    /// A client that chose to lose events, such as a page in the background, may be slow: it is cut only if it seems
    /// gone.
    private func timeout(with client: Client) -> Duration {
        client.mayBeOvertaken ? admission.pongTimeout * 10 : admission.pongTimeout
    }

    /// The bytes that a blocked client has to read before its next deadline.
    private var slowestProgress: Int {
        let limits = routes.queryRunner?.budget.limits ?? AnswerLimits()
        let seconds = min(admission.pongTimeout / .seconds(1), 3600)
        return max(1, Int(Double(limits.slowestReader) * seconds))
    }
}
