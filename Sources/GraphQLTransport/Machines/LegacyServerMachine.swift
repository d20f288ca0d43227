/// The server's side of the legacy `graphql-ws` for one client, without I/O (L1 to L8).
///
/// A value that the client's shard holds and protects from concurrent access. Many calls have a second step, such as
/// the `ka` after the `connection_ack`: after every call, perform what `followUp` returns until it is nil.
package struct LegacyServerMachine {
    private enum State: UInt8 {
        /// No `connection_init` yet. Can transition to: `initialising`, `closed`.
        case awaitingInit

        /// The owner decides whether to accept the client.
        ///
        /// Can transition to: `acknowledged`, `closed`.
        case initialising

        /// Operations may run. Can transition to: `closed`.
        case acknowledged

        /// The connection is closed, or about to be; everything that still arrives is ignored.
        case closed
    }

    private enum Pending {
        case action(ServerAction)
        case message([UInt8])
    }

    /// The most bytes that are held back for one client, counting `heldOverhead` more for each message.
    private static let heldLimit = 256 * 1024
    private static let heldOverhead = 64

    // Small members follow large ones, to save memory for each client.
    /// In the state `initialising` the messages that arrived, oldest first; afterwards a stack of what is next.
    private var pending: [Pending] = []
    private var active = ActiveIDs()
    private var state = State.awaitingInit
    private var held: UInt32 = 0
    private let limits: ServerMachine.Limits

    /// A machine for a client whose WebSocket has just opened.
    package init(limits: ServerMachine.Limits = .init()) {
        self.limits = limits
    }

    /// Whether the client was acknowledged and the connection is open.
    package var isAcknowledged: Bool { state == .acknowledged }

    /// The ids of the operations that run, in the order in which they began.
    package var activeIDs: [String] { active.inOrder }

    /// Whether an operation runs under an id, compared byte by byte.
    package func isActive(_ id: String) -> Bool { active.contains(id) }

    /// Handles a text message of the client; an invalid one is answered and changes nothing (L3).
    package mutating func receive(_ bytes: Span<UInt8>) -> ServerAction {
        guard state != .closed else { return .none }
        let message: Message
        do {
            message = try MessageScanner.scan(bytes)
        } catch {
            return invalid("\(error)")
        }
        switch LegacyMessageType(message.type, in: bytes) {
        case .connectionInit: return initialise(message)
        case .start: return state == .initialising ? hold(bytes) : start(message, bytes)
        case .stop: return state == .initialising ? hold(bytes) : stop(message, bytes)
        case .connectionTerminate: return close(.normalClosure)
        case .connectionAck, .connectionError, .data, .error, .complete, .keepAlive, .unknown:
            return invalid("unexpected type")
        }
    }

    /// Handles a binary message, which the protocol doesn't have.
    package mutating func receivedBinary() -> ServerAction {
        state == .closed ? .none : invalid("a binary message")
    }

    /// The next thing to do after the last call; nil when nothing is left.
    ///
    /// This includes operations that a client started before its `connection_ack`, as the reference client does, and
    /// the second step of a replacement (L6).
    package mutating func followUp() -> ServerAction? {
        guard state != .initialising else { return nil }
        while let next = pending.popLast() {
            switch next {
            case .action(let action): return action
            case .message(let bytes):
                let action = receive(bytes.span)
                if action != .none { return action }
            }
        }
        return nil
    }

    /// Accepts the client and returns the `connection_ack`, once; the `ka` follows it (L2).
    ///
    /// Nil unless an `initialise` is unanswered. The payload is a raw JSON object.
    package mutating func acknowledge(payload: [UInt8]? = nil) -> [UInt8]? {
        guard state == .initialising else { return nil }
        state = .acknowledged
        held = 0
        pending.reverse()
        pending.append(.action(.send(LegacyMessageWriter.keepAlive)))
        return MessageWriter.connectionAck(payload: payload)
    }

    /// Refuses the client with `connection_error`; the close with 1011 follows it (L3).
    ///
    /// Does nothing unless an `initialise` is unanswered.
    package mutating func refuse(reason: String? = nil) -> ServerAction {
        guard state == .initialising else { return .none }
        let reason = reason ?? CloseCode.forbidden.defaultReason
        state = .closed
        pending = [.action(.close(.internalError, reason: CloseCode.clip(reason)))]
        return .send(LegacyMessageWriter.connectionError(message: reason))
    }

    /// Closes the connection if no `connection_init` came in time; does nothing once it came, even if it is unanswered.
    package mutating func initialisationTimedOut() -> ServerAction {
        state == .awaitingInit ? close(.connectionInitialisationTimeout) : .none
    }

    /// A `ka` to send from time to time (L2); nil while the client isn't accepted.
    package func keepAlive() -> [UInt8]? {
        state == .acknowledged ? LegacyMessageWriter.keepAlive : nil
    }

    /// Ends an operation and returns its `complete`; nil if it isn't active any more.
    package mutating func finish(id: String) -> [UInt8]? {
        active.remove(id) && state != .closed ? MessageWriter.complete(id: id) : nil
    }

    /// Ends an operation that failed, with `data` that has errors; the `complete` follows it (L8).
    ///
    /// The errors are a raw JSON array of GraphQL errors, not empty. Nil if the operation is not active.
    package mutating func fail(id: String, errors: [UInt8]) -> [UInt8]? {
        guard let complete = finish(id: id) else { return nil }
        pending.append(.action(.send(complete)))
        return LegacyMessageWriter.failure(id: id, errors: errors)
    }

    /// The same with one GraphQL error of this message.
    package mutating func fail(id: String, message: String) -> [UInt8]? {
        fail(id: id, errors: MessageWriter.errors(message: message))
    }

    /// Ends an operation before it is executed, with `error`, after which no `complete` follows (L4).
    ///
    /// The message holds one error only, so that several are sent as by `fail`. Nil if the operation isn't active.
    package mutating func reject(id: String, errors: [UInt8]) -> [UInt8]? {
        guard let only = GraphQLErrors.single(errors.span) else { return fail(id: id, errors: errors) }
        guard finish(id: id) != nil else { return nil }
        return LegacyMessageWriter.error(id: id, error: errors.span.extracting(only))
    }

    /// The same with one GraphQL error of this message.
    package mutating func reject(id: String, message: String) -> [UInt8]? {
        finish(id: id) == nil ? nil : LegacyMessageWriter.error(id: id, message: message)
    }

    /// Answers a query or mutation: its one `data`, and the following `complete`; nil if it isn't active any more.
    package mutating func answer(id: String, payload: [UInt8]) -> (result: [UInt8], complete: [UInt8])? {
        guard let complete = finish(id: id) else { return nil }
        return (LegacyMessageWriter.data(id: id, payload: payload), complete)
    }

    /// Closes the connection from our side; does nothing if it is closed already.
    package mutating func close(_ code: CloseCode, reason: String? = nil) -> ServerAction {
        guard state != .closed else { return .none }
        state = .closed
        pending = []
        return .close(code, reason: CloseCode.clip(reason ?? code.defaultReason))
    }

    /// Ends the machine after the loss of its connection, and returns the operations to release.
    package mutating func closed() -> [String] {
        state = .closed
        pending = []
        return active.removeAll()
    }

    private mutating func initialise(_ message: Message) -> ServerAction {
        guard message.hasOptionalObjectPayload else { return invalid("the payload of connection_init is no object") }
        guard state == .awaitingInit else { return invalid("connection_init comes once") }
        state = .initialising
        return .initialise(payload: message.objectPayload)
    }

    /// Keeps a message until the decision, since the reference client doesn't wait for the `connection_ack`.
    private mutating func hold(_ bytes: Span<UInt8>) -> ServerAction {
        let total = Int(held) + bytes.count + Self.heldOverhead
        guard total <= Self.heldLimit else {
            return close(.policyViolation, reason: "Too many bytes before the connection_ack")
        }
        held = UInt32(total)
        pending.append(.message(copy(bytes)))
        return .none
    }

    private mutating func start(_ message: Message, _ bytes: Span<UInt8>) -> ServerAction {
        guard let id = ActiveIDs.decode(message, in: bytes, limit: limits.idLength) else { return badID() }
        guard state == .acknowledged else { return refused(id, "connection_init comes first") }
        if active.remove(id) {
            // The old operation ends without a message, which the client would take for the end of the new one (L6).
            pending.append(.message(copy(bytes)))
            return .complete(id: id)
        }
        guard let request = GraphQLRequest(message, in: bytes) else {
            return refused(id, "Invalid message received: invalid payload of start")
        }
        guard active.count < limits.subscriptions else {
            return .exceed(LegacyMessageWriter.error(id: id, message: "Too many subscriptions on this connection"))
        }
        if let member = GraphQLRequest.memberThatIsNoText(message, in: bytes) {
            return refused(id, GraphQLRequest.loneSurrogate(in: member))
        }
        active.append(id)
        return .subscribe(id: id, request)
    }

    private mutating func stop(_ message: Message, _ bytes: Span<UInt8>) -> ServerAction {
        guard let id = ActiveIDs.decode(message, in: bytes, limit: limits.idLength) else { return badID() }
        guard let complete = finish(id: id) else { return .none }
        pending.append(.action(.send(complete)))
        return .complete(id: id)
    }

    private func copy(_ bytes: Span<UInt8>) -> [UInt8] {
        var copy: [UInt8] = []
        copy.append(bytes, in: 0..<bytes.count)
        return copy
    }

    private func refused(_ id: String, _ reason: String) -> ServerAction {
        .send(LegacyMessageWriter.error(id: id, message: reason))
    }

    private func badID() -> ServerAction { invalid("the id is missing, empty, too long or not a string") }

    private func invalid(_ what: String) -> ServerAction {
        .send(LegacyMessageWriter.connectionError(message: "Invalid message received: \(what)"))
    }
}
