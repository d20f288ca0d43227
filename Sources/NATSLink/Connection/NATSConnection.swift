#if Cluster
internal import CNats
internal import Glibc
internal import Synchronization
internal import WebSockets

/// One connection to one of the servers, and the thread that alone calls libnats for it.
///
/// Those calls may block: while a server is connected to, and while a socket takes no more. So the loop only leaves
/// commands here, in a bounded queue. Each connection has a thread of its own; one that never returns holds up no
/// other.
@safe final class NATSConnection: Sendable {
    /// What the loop is told.
    enum News: Sendable {
        /// It begins to connect to one of the addresses.
        case trying
        case connected(NATSServerInfo)
        /// No server could be connected to, each with its reason.
        case failed([String])
        /// It was connected and isn't any more.
        case lost(String)
        case lameDuck
        case fault(String)
        /// A mailbox has something.
        case arrived(NATSMailbox)
        /// All is released; nothing follows, except what libnats was about to tell.
        case ended
    }

    private enum Command: Sendable {
        case connect
        case publish(NATSOutgoing)
        case subscribe(NATSMailbox)
        case unsubscribe(Int)
        case end
        /// libnats has closed the connection, and its reading thread is over.
        case closed

        /// Whether it is taken when no others are.
        var isLast: Bool { if case .closed = self { true } else { false } }
    }

    private struct Outbox {
        var commands: [Command] = []
        var bytes = 0
        var isBeingWorked = false
        var isOver = false
    }

    /// A subscription of libnats, and the number that its callbacks have.
    private struct Subscribed {
        let address: UInt
        let handle: UInt
        let mailbox: NATSMailbox
    }

    private struct Subscriptions {
        var entries: [Subscribed] = []
        /// The addresses of those that are over.
        ///
        /// libnats 3.4.1 lets its reading thread use a subscription that another thread frees. So none is freed before
        /// that thread is over, or has read on.
        var ended: [UInt] = []
        /// Addresses of which a loss was told before they were known here.
        var earlyLosses: Set<UInt> = []
    }

    /// An attempt to connect.
    private struct Attempt {
        var address: ServerAddress?
        var isCut = false

        mutating func cut() -> ServerAddress? {
            isCut = isCut || address != nil
            return address
        }
    }

    private let configuration: NATSLinkConfiguration
    private let servers: [NATSServer]
    private let thread = OwnThread(name: "nats")
    private let hop: @Sendable (NATSConnection, News) -> Void
    private let outbox = Mutex(Outbox())
    /// The address of libnats' connection, zero if there is none; used on the thread only.
    private let address = Atomic<UInt>(0)
    /// The number by which libnats' callbacks find it.
    let handle = Atomic<UInt>(0)
    private let subscriptions = Mutex(Subscriptions())
    private let attempt = Mutex(Attempt())
    /// That of the connection, zero if there is none; used on the thread only.
    private let localPort = Atomic<UInt16>(0)
    /// Why it was closed from here.
    private let failure = Mutex<String?>(nil)
    /// Whether libnats has told that it closed the connection; used on the thread only.
    private let isClosed = Atomic(false)
    /// Whether nobody here wants it any more; used on the thread only.
    private let isEnded = Atomic(false)

    /// How many subscriptions that are over may wait to be freed.
    private static let endedLimit = 64

    /// Makes one that tries the servers in this order; `hop` is called on any thread.
    init(
        _ configuration: NATSLinkConfiguration,
        servers: [NATSServer],
        hop: @escaping @Sendable (NATSConnection, News) -> Void
    ) {
        self.configuration = configuration
        self.servers = servers
        self.hop = hop
    }

    func connect() { submit(.connect) }

    /// Ends the attempt to connect to one address, which fails then; nothing if there is none.
    func cutShort() {
        // To search all descriptors may take a while, and the attempt may have no socket yet.
        Task(executorPreference: OwnThread(name: "nats-cut")) { [self] in
            for _ in 0..<100 {
                guard let address = attempt.withLock({ $0.cut() }) else { return }
                ServerSockets.cut(address)
                usleep(50_000)
            }
        }
    }

    /// Leaves a message to be written; false if too much waits already.
    func publish(_ message: NATSOutgoing) -> Bool { submit(.publish(message), weight: message.weight) }

    func subscribe(_ mailbox: NATSMailbox) { submit(.subscribe(mailbox)) }

    /// Ends the subscription of this number.
    func unsubscribe(_ subscription: Int) { submit(.unsubscribe(subscription)) }

    /// Writes what waits, and releases everything; later commands are ignored.
    func end() { submit(.end) }

    /// Tells the loop; any thread may call it.
    func tell(_ news: News) { hop(self, news) }

    /// Notes a loss of the subscription of libnats at this address, which may be gone.
    func noteLoss(of address: UInt) {
        let mailbox = subscriptions.withLock { state in
            let mailbox = state.entries.first { $0.address == address }?.mailbox
            if mailbox == nil { state.earlyLosses.insert(address) }
            return mailbox
        }
        if let mailbox, mailbox.noteLoss() { tell(.arrived(mailbox)) }
    }

    /// Tells that the connection is gone, for this reason unless it was closed from here.
    func closed(_ reason: String) {
        tell(.lost(failure.withLock { $0 } ?? reason))
        submit(.closed)
    }

    @discardableResult private func submit(_ command: Command, weight: Int = 0) -> Bool {
        let (isTaken, mustWork) = outbox.withLock { outbox in
            guard command.isLast || !outbox.isOver, weight == 0 || outbox.bytes <= configuration.outgoingLimit - weight
            else {
                return (false, false)
            }
            if case .end = command { outbox.isOver = true }
            outbox.commands.append(command)
            outbox.bytes += weight
            defer { outbox.isBeingWorked = true }
            return (true, !outbox.isBeingWorked)
        }
        if mustWork { Task(executorPreference: thread) { [self] in work() } }
        return isTaken
    }

    // The thread.

    private func work() {
        while let commands = next() {
            for command in commands { perform(command) }
        }
    }

    private func next() -> [Command]? {
        outbox.withLock { outbox in
            guard !outbox.commands.isEmpty else {
                outbox.isBeingWorked = false
                return nil
            }
            defer { outbox.commands = [] }
            return outbox.commands
        }
    }

    private var isOver: Bool { outbox.withLock { $0.isOver } }

    private var pointer: OpaquePointer? { unsafe OpaquePointer(bitPattern: address.load(ordering: .relaxed)) }

    private func perform(_ command: Command) {
        switch command {
        case .connect: open()
        case .publish(let message):
            outbox.withLock { $0.bytes -= message.weight }
            guard let pointer = unsafe pointer else { return }
            do throws(NATSFailure) {
                try unsafe message.publish(on: pointer)
            } catch {
                // A part of it may have been written: nothing can follow it on this connection.
                fail(error)
            }
        case .subscribe(let mailbox): unsafe subscribe(mailbox, on: pointer)
        case .unsubscribe(let subscription): unsubscribe { $0.mailbox.subscription == subscription }
        case .end:
            isEnded.store(true, ordering: .relaxed)
            if let pointer = unsafe pointer {
                // A socket that is closed with unread bytes is reset, and the server may lose what was written last.
                unsafe natsConnection_FlushTimeout(pointer, 1000)
                unsafe natsConnection_Close(pointer)
            }
            releaseIfOver()
        case .closed:
            isClosed.store(true, ordering: .relaxed)
            releaseIfOver()
        }
    }

    private func open() {
        let handle = NATSCallbacks.insert(.connection(self))
        self.handle.store(handle, ordering: .relaxed)
        var reasons: [String] = []
        for server in servers where !isOver {
            do throws(NATSFailure) {
                for address in try ServerAddress.all(of: server) where !isOver {
                    do throws(NATSFailure) {
                        return tell(.connected(try open(server, at: address, handle: handle)))
                    } catch {
                        let isCut = attempt.withLock { $0.isCut }
                        reasons.append("\(server): \(isCut ? "it doesn't finish the handshake" : error.description)")
                    }
                }
            } catch {
                reasons.append("\(server): \(error)")
            }
        }
        tell(.failed(reasons))
    }

    private func open(
        _ server: NATSServer,
        at address: ServerAddress,
        handle: UInt
    ) throws(NATSFailure) -> NATSServerInfo {
        attempt.withLock { $0 = Attempt(address: address) }
        defer { attempt.withLock { $0.address = nil } }
        guard !isOver else { throw NATSFailure("the link is closed") }
        tell(.trying)
        let options = try NATSOptions()
        try options.set(configuration, server: server, address: address, handle: handle)
        var made: OpaquePointer?
        try check(unsafe natsConnection_Connect(&made, options.pointer))
        guard let made = unsafe made else { throw NATSFailure("out of memory") }
        ServerSockets.keepFromPrograms(address)
        localPort.store(unsafe ServerSockets.spare(made) ?? 0, ordering: .relaxed)
        self.address.store(UInt(bitPattern: made), ordering: .relaxed)
        return unsafe NATSServerInfo(server, made)
    }

    private func subscribe(_ mailbox: NATSMailbox, on pointer: OpaquePointer?) {
        guard let pointer = unsafe pointer else { return }
        let handle = NATSCallbacks.insert(.mailbox(mailbox, of: self))
        do throws(NATSFailure) {
            var made: OpaquePointer?
            let closure = unsafe UnsafeMutableRawPointer(bitPattern: handle)
            try check(unsafe natsConnection_Subscribe(&made, pointer, mailbox.subject, natsMessageArrived, closure))
            let address = UInt(bitPattern: made)
            let isIncomplete = subscriptions.withLock { state in
                state.entries.append(Subscribed(address: address, handle: handle, mailbox: mailbox))
                defer { state.earlyLosses = [] }
                return state.earlyLosses.contains(address)
            }
            if isIncomplete, mailbox.noteLoss() { tell(.arrived(mailbox)) }
            let limit = mailbox.limit
            let bytes = Int32(clamping: limit.bytes)
            try check(unsafe natsSubscription_SetPendingLimits(made, Int32(clamping: limit.messages), bytes))
        } catch {
            NATSCallbacks.remove(handle)
            fail(error)
        }
    }

    private func unsubscribe(where isMeant: (Subscribed) -> Bool) {
        let gone = subscriptions.withLock { state in
            let gone = state.entries.filter(isMeant)
            state.entries.removeAll(where: isMeant)
            return gone
        }
        for entry in gone {
            NATSCallbacks.remove(entry.handle)
            unsafe natsSubscription_Unsubscribe(OpaquePointer(bitPattern: entry.address))
        }
        let waiting = subscriptions.withLock { state in
            state.ended += gone.map(\.address)
            return state.ended.count
        }
        // An answer to a ping shows that all that came before it has been read.
        if waiting >= Self.endedLimit, unsafe natsConnection_FlushTimeout(pointer, 1000) == NATS_OK { freeEnded() }
    }

    private func freeEnded() {
        let ended = subscriptions.withLock { state in
            defer { state.ended = [] }
            return state.ended
        }
        for address in ended { unsafe natsSubscription_Destroy(OpaquePointer(bitPattern: address)) }
    }

    /// Closes the connection, of which libnats' callback then tells.
    private func fail(_ failure: NATSFailure) {
        guard let pointer = unsafe pointer, unsafe !natsConnection_IsClosed(pointer) else { return }
        self.failure.withLock { $0 = failure.description }
        unsafe natsConnection_Close(pointer)
    }

    /// Frees everything once nobody uses it, here or in libnats.
    private func releaseIfOver() {
        guard isEnded.load(ordering: .relaxed), unsafe pointer == nil || isClosed.load(ordering: .relaxed) else {
            return
        }
        unsubscribe { _ in true }
        freeEnded()
        if let pointer = unsafe pointer {
            address.store(0, ordering: .relaxed)
            unsafe natsConnection_Destroy(pointer)
            ServerSockets.release(localPort.load(ordering: .relaxed))
        }
        NATSCallbacks.remove(handle.load(ordering: .relaxed))
        tell(.ended)
    }
}

extension NATSServerInfo {
    /// What libnats knows of a server that it is connected to.
    fileprivate init(_ server: NATSServer, _ connection: OpaquePointer?) {
        let identifier = unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: 256) { buffer in
            guard let text = buffer.baseAddress,
                unsafe natsConnection_GetConnectedServerId(connection, text, buffer.count) == NATS_OK
            else { return "" }
            return unsafe String(cString: text)
        }
        let limit = unsafe natsConnection_GetMaxPayload(connection)
        self.init(server: server, identifier: identifier, maximumPayload: Int(clamping: max(0, limit)))
    }
}

extension NATSOutgoing {
    /// Has libnats write it, in one piece.
    fileprivate func publish(on connection: OpaquePointer) throws(NATSFailure) {
        let size = Int32(clamping: payload.count)
        let status = unsafe payload.withUnsafeBytes { bytes in
            let data = unsafe bytes.baseAddress?.assumingMemoryBound(to: CChar.self)
            var message: OpaquePointer?
            var status = unsafe natsMsg_Create(&message, subject, reply, data, size)
            defer { unsafe natsMsg_Destroy(message) }
            if status == NATS_OK, let lastSequence {
                status = unsafe natsMsgHeader_Set(message, Self.lastSequenceHeader, "\(lastSequence)")
            }
            return status == NATS_OK ? unsafe natsConnection_PublishMsg(connection, message) : status
        }
        try check(status)
    }
}
#endif
