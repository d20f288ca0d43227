internal import AccessTokens
internal import Fanout
internal import Synchronization
internal import WebSockets

/// How long a client may be silent, or blocked, and what happens then.
extension Client {
    /// Sets the next deadline.
    func watch(_ watch: Watch, for time: Duration, on shard: isolated Shard) {
        self.watch = watch
        deadline = EventLoop.now + time
        wasHeard = false
        shard.wheel.schedule(socket.token, at: nextDeadline)
    }

    /// Does what is due: the deadline has passed.
    func expired(on shard: isolated Shard) {
        guard socket.isOpen else { return }
        if let accessEnd, accessEnd <= EventLoop.now { return endAccess(on: shard) }
        let admission = shard.admission
        switch watch {
        case .drain:
            shard.sendAway(self)
        case .initialisation:
            dialect.initialisationTimedOut(self, on: shard)
            if socket.isOpen { watch(.idle, for: admission.pingInterval, on: shard) }
        case .idle where wasHeard, .pong where wasHeard, .blocked where wasHeard:
            dialect.keepAlive(self)
            watch(.idle, for: admission.pingInterval, on: shard)
        case .idle where isReady:
            socket.ping()
            dialect.keepAlive(self)
            if socket.isStream { return watch(.idle, for: admission.pingInterval, on: shard) }
            watch(.pong, for: admission.pongTimeout, on: shard)
        case .idle:
            // A ping would wait behind the bytes that the client doesn't read. It has until the deadline to read some
            // of them.
            _ = socket.hasAdvanced()
            watch(.blocked, for: timeout(admission), on: shard)
        case .blocked where socket.hasAdvanced(by: mayBeOvertaken ? 1 : shard.slowestProgress):
            watch(.blocked, for: timeout(admission), on: shard)
        case .pong: socket.terminate(because: "it answered no ping")
        case .blocked: socket.terminate(because: "it read too little for too long")
        }
    }

    /// Ends the connection with its credential.
    ///
    /// Who comes back without a resume token misses what happened meanwhile, and can't be told.
    private func endAccess(on shard: isolated Shard) {
        let untold = subscribers.count { !$0.encoding.tellsGaps && $0.ending == nil }
        shard.statistics.untoldGaps.add(untold, ordering: .relaxed)
        refuse(shard.authorizer.refuse(.expired))
    }

    /// How long it may go without reading anything while it is blocked.
    ///
    /// A client that chose to lose events, such as a page in the background, may be slow: it is cut only if it seems
    /// gone.
    private func timeout(_ admission: Admission) -> Duration {
        mayBeOvertaken ? admission.pongTimeout * 10 : admission.pongTimeout
    }
}

extension Shard {
    /// The bytes that a blocked client has to read before its next deadline.
    fileprivate var slowestProgress: Int {
        let limits = routes.queryRunner?.budget.limits ?? AnswerLimits()
        let seconds = min(admission.pongTimeout / .seconds(1), 3600)
        return max(1, Int(Double(limits.slowestReader) * seconds))
    }
}
