#if Cluster
internal import Backoffs
internal import Synchronization
package import WebSockets

/// A connection to one of several NATS servers that is made again whenever it is lost; used on the loop's thread only.
///
/// Nothing here blocks: libnats is called on a thread of its own, and calls back on others, which hand over to the
/// loop. What is lost while there is no connection is lost: nothing is published later than asked for.
package final class NATSLink: @unchecked Sendable {
    private enum State {
        case idle
        case connecting(NATSConnection)
        case connected(NATSConnection, NATSServerInfo)
        /// Until the back-off's next try.
        case waiting
        case closed
    }

    /// A connection that has lasted so long is made again at once when it is lost.
    private static let stableTime = Duration.seconds(1)
    /// How long an attempt that was cut may take to end.
    private static let cuttingTime = Duration.seconds(6)
    /// How many attempts may hang, in the search for an address for instance, before no more are made.
    private static let hangingLimit = 4

    let loop: EventLoop
    let configuration: NATSLinkConfiguration
    private let report: (NATSLinkEvent) -> Void
    private var state = State.idle
    private var schedule: BackoffSchedule
    /// Ends the back-off's waits, and attempts that take too long.
    private var timer: LoopTimer?
    private var servers: [NATSServer]
    /// Whether the attempt to connect was cut short.
    private var isCut = false
    private var isAgain = false
    private var connectedAt = Duration.zero
    /// The attempts that were given up and haven't returned.
    private var hanging: Set<ObjectIdentifier> = []
    /// The connections that libnats hasn't released, without those.
    private var living: Set<ObjectIdentifier> = []
    private var released: (() -> Void)?
    var subscriptions = SubscriptionTable()
    var requests = RequestTable()
    /// Fires at the first deadline of the requests, or earlier.
    var requestTimer: LoopTimer?
    /// When that is; nil while it is stopped.
    var requestTime: Duration?
    /// What the subjects of this connection's answers begin with.
    private(set) var inbox = ""

    /// Makes a link that isn't connected yet.
    ///
    /// - Parameter report: Is told what happens, on the loop, and nothing after `closed`.
    package init(
        on loop: EventLoop,
        _ configuration: NATSLinkConfiguration,
        report: @escaping (NATSLinkEvent) -> Void
    ) {
        self.loop = loop
        self.configuration = configuration
        self.report = report
        // Many relays that start at once shouldn't all choose the first.
        servers = configuration.servers.shuffled()
        schedule = BackoffSchedule(configuration.backoff, startingAt: EventLoop.now)
    }

    /// Begins to connect; the loop keeps the link from now on, until `close()` or the loop's own stop.
    package func start() {
        guard case .idle = state else { return }
        timer = LoopTimer(on: loop, stopped: { [self] in close() }, action: { [self] in timerFired() })
        requestTimer = LoopTimer(on: loop) { [self] in expireRequests() }
        connect()
    }

    /// The server that it is connected to; nil if there is none now.
    package var server: NATSServerInfo? {
        if case .connected(_, let info) = state { info } else { nil }
    }

    /// Ends the connection, after what was published has been written; requests end without an answer.
    ///
    /// - Parameter released: Called on the loop once libnats has released the connection, if there was one.
    package func close(released: (() -> Void)? = nil) {
        self.released = released
        finish(reasons: [])
        tellReleased()
    }

    private func finish(reasons: [String]) {
        if case .closed = state { return }
        let old = connection
        let attempt = if case .connecting(let connection) = state { connection } else { nil as NATSConnection? }
        state = .closed
        timer?.close()
        requestTimer?.close()
        (timer, requestTimer) = (nil, nil)
        old?.end()
        attempt?.cutShort()
        endRequests(.connectionLost)
        subscriptions = SubscriptionTable()
        report(.closed(reasons: reasons))
    }

    private func tellReleased() {
        guard case .closed = state, living.isEmpty else { return }
        let released = released.take()
        released?()
    }

    /// The connection that is being made or used.
    var connection: NATSConnection? {
        switch state {
        case .connecting(let connection), .connected(let connection, _): connection
        case .idle, .waiting, .closed: nil
        }
    }

    /// Why nothing can be sent now; nil if it can.
    var refusal: NATSRefusal? {
        switch state {
        case .connected: nil
        case .closed: .closed
        case .idle, .connecting, .waiting: .notConnected
        }
    }

    private func connect() {
        let connection = NATSConnection(configuration, servers: servers) { [self] connection, news in
            loop.execute { self.take(news, from: connection) }
        }
        state = .connecting(connection)
        living.insert(ObjectIdentifier(connection))
        connection.connect()
        watch()
    }

    /// Watches an attempt, of which libnats keeps the time limit only in its first steps.
    private func watch() {
        isCut = false
        timer?.start(after: configuration.connectTimeout * 2)
    }

    private func timerFired() {
        switch state {
        case .waiting: connect()
        case .connecting(let connection):
            guard isCut else {
                isCut = true
                connection.cutShort()
                timer?.start(after: Self.cuttingTime)
                return
            }
            guard hanging.count < Self.hangingLimit else { return }
            hanging.insert(ObjectIdentifier(connection))
            living.remove(ObjectIdentifier(connection))
            connection.end()
            retry(["an attempt to connect doesn't end"])
        case .idle, .connected, .closed: break
        }
    }

    private func take(_ news: NATSConnection.News, from source: NATSConnection) {
        if case .ended = news {
            hanging.remove(ObjectIdentifier(source))
            living.remove(ObjectIdentifier(source))
            return tellReleased()
        }
        guard source === connection else { return }
        switch news {
        case .trying: watch()
        case .connected(let info): connected(source, info)
        case .failed(let reasons):
            source.end()
            retry(reasons)
        case .lost(let reason): lost(source, reason)
        case .lameDuck: report(.lameDuck)
        case .fault(let text): report(.fault(text))
        case .arrived(let mailbox): deliver(mailbox)
        case .ended: break
        }
    }

    private func connected(_ connection: NATSConnection, _ info: NATSServerInfo) {
        timer?.stop()
        state = .connected(connection, info)
        connectedAt = EventLoop.now
        inbox = "\(configuration.inboxPrefix).\(UInt64.random(in: 0 ... .max))\(UInt64.random(in: 0 ... .max))"
        connection.subscribe(inboxMailbox)
        for mailbox in subscriptions.mailboxes { connection.subscribe(mailbox) }
        defer { isAgain = true }
        let wasAgain = isAgain
        report(.connected(info, isAgain: wasAgain))
        // What the owner asks the server from now on is asked after the subscriptions, which miss nothing any more.
        if wasAgain, source(is: connection) { tellLosses() }
    }

    private func source(is connection: NATSConnection) -> Bool { self.connection === connection }

    private func lost(_ connection: NATSConnection, _ reason: String) {
        connection.end()
        // Two threads tell of a connection's two ends, in any order.
        guard case .connected(_, let info) = state else { return retry([reason]) }
        // The others first, of which one may live.
        servers.removeAll { $0 == info.server }
        servers.append(info.server)
        let wasStable = EventLoop.now - connectedAt >= Self.stableTime
        state = .waiting
        report(.disconnected(reason: reason))
        endRequests(.connectionLost)
        guard case .waiting = state else { return }
        if wasStable {
            schedule.reset(at: EventLoop.now)
            connect()
        } else {
            retry([reason])
        }
    }

    private func retry(_ reasons: [String]) {
        switch schedule.failed(NATSUnreachable(reasons: reasons), at: EventLoop.now) {
        case .retry(let wait):
            state = .waiting
            timer?.start(after: wait)
            report(.connectFailed(reasons: reasons, retryAfter: wait))
        case .giveUp: finish(reasons: reasons)
        }
    }
}

/// None of the servers could be connected to: what a back-off's `giveUp` and its handlers are told.
package struct NATSUnreachable: Error, Sendable, Hashable, CustomStringConvertible {
    /// For each server its reason.
    package let reasons: [String]
    package var description: String { reasons.joined(separator: "; ") }
}
#endif
