/// The server's side of `graphql-transport-ws` for one client, without I/O (P3 to P21, P25).
///
/// A value to be held by the client's shard, which serialises all access. There is one for each of many thousand
/// clients, so it holds its few active ids and nothing else that grows.
package struct ServerMachine {
    /// What one client may take.
    package struct Limits: Sendable, Hashable {
        /// The most operations at a time; one more is answered with `error`.
        package var subscriptions: UInt32

        /// The longest id in bytes of UTF-8; a longer one closes with 4400.
        package var idLength: UInt32

        /// Limits, by default 100 operations with ids of up to 1 KiB.
        package init(subscriptions: UInt32 = 100, idLength: UInt32 = 1024) {
            self.subscriptions = subscriptions
            self.idLength = idLength
        }

        /// The longest payload of a `ping` in bytes, since it is sent back; a longer one closes with 4400.
        package static let pingLength = 64 * 1024
    }

    private enum State: UInt8 {
        /// No `connection_init` yet. Can transition to: `initialising`, `closed`.
        case awaitingInit

        /// The owner decides whether to let the client in. Can transition to: `acknowledged`, `closed`.
        case initialising

        /// Operations may run. Can transition to: `closed`.
        case acknowledged

        /// The connection is closed or told to close; nothing that arrives counts any more.
        case closed
    }

    private let limits: Limits
    // Small members behind large ones: there is one of this for each client.
    private var active = ActiveIDs()
    private var state = State.awaitingInit

    /// A machine for a client whose WebSocket has just opened.
    package init(limits: Limits = Limits()) {
        self.limits = limits
    }

    /// Whether the client was acknowledged and the connection is open.
    package var isAcknowledged: Bool { state == .acknowledged }

    /// The ids of the operations that run, in the order in which they began.
    package var activeIDs: [String] { active.inOrder }

    /// Whether an operation runs under an id, compared byte by byte.
    package func isActive(_ id: String) -> Bool { active.contains(id) }

    /// Takes one text message of the client.
    package mutating func receive(_ bytes: Span<UInt8>) -> ServerAction {
        guard state != .closed else { return .none }
        let message: Message
        do {
            message = try MessageScanner.scan(bytes)
        } catch {
            return close(.badRequest, reason: "Invalid message received: \(error)")
        }
        switch message.kind {
        case .connectionInit:
            guard message.hasOptionalObjectPayload else { return badPayload(of: "connection_init") }
            guard state == .awaitingInit else { return close(.tooManyInitialisationRequests) }
            state = .initialising
            return .initialise(payload: message.objectPayload)
        case .ping:
            guard message.hasOptionalObjectPayload, message.payload.range.count <= Limits.pingLength else {
                return badPayload(of: "ping")
            }
            return .send(MessageWriter.pong(payload: message.objectPayload, of: bytes))
        case .pong:
            guard message.hasOptionalObjectPayload else { return badPayload(of: "pong") }
            return .none
        case .subscribe: return subscribe(message, bytes)
        case .complete: return complete(message, bytes)
        case .connectionAck, .next, .error, .unknown:
            return close(.badRequest, reason: "Invalid message received: unexpected type")
        }
    }

    /// Takes a binary message, which the protocol does not have.
    package mutating func receivedBinary() -> ServerAction {
        close(.badRequest, reason: "Invalid message received: a binary message")
    }

    /// Lets the client in and yields the `connection_ack`, once (P6); nil unless an `initialise` is unanswered.
    ///
    /// It is nil too if the connection was closed while the owner decided. The payload is a raw JSON object.
    package mutating func acknowledge(payload: [UInt8]? = nil) -> [UInt8]? {
        guard state == .initialising else { return nil }
        state = .acknowledged
        return MessageWriter.connectionAck(payload: payload)
    }

    /// Turns the client away (P5); nothing unless an `initialise` is unanswered.
    package mutating func refuse(reason: String? = nil) -> ServerAction {
        state == .initialising ? close(.forbidden, reason: reason) : .none
    }

    /// The time for `connection_init` is over (P3); nothing once it was received, even if it is still unanswered.
    package mutating func initialisationTimedOut() -> ServerAction {
        state == .awaitingInit ? close(.connectionInitialisationTimeout) : .none
    }

    /// Ends an operation and yields its `complete`, or nil if it is not active any more (P15, P18).
    package mutating func finish(id: String) -> [UInt8]? {
        active.remove(id) && state != .closed ? MessageWriter.complete(id: id) : nil
    }

    /// Ends an operation and yields its `error`, after which no `complete` follows; nil if it is not active (P16, P20).
    ///
    /// The errors are a raw JSON array of GraphQL errors, not empty.
    package mutating func fail(id: String, errors: [UInt8]) -> [UInt8]? {
        active.remove(id) && state != .closed ? MessageWriter.error(id: id, errors: errors) : nil
    }

    /// The same with one GraphQL error that has this message.
    package mutating func fail(id: String, message: String) -> [UInt8]? {
        fail(id: id, errors: MessageWriter.errors(message: message))
    }

    /// Answers a query or mutation: its one `next`, and the `complete` behind it; nil if it is not active any more.
    ///
    /// The operation ends with this call, so that it can't have a second `next` (P15). The payload is a raw JSON object.
    package mutating func answer(id: String, payload: [UInt8]) -> (result: [UInt8], complete: [UInt8])? {
        guard let complete = finish(id: id) else { return nil }
        return (MessageWriter.next(id: id, payload: payload), complete)
    }

    /// Closes the connection from this side (P21, P22); nothing if it is closed already.
    package mutating func close(_ code: CloseCode, reason: String? = nil) -> ServerAction {
        guard state != .closed else { return .none }
        state = .closed
        return .close(code, reason: CloseCode.clip(reason ?? code.defaultReason))
    }

    /// Ends the machine because the connection is gone, and hands over the operations to release (P23).
    package mutating func closed() -> [String] {
        state = .closed
        return active.removeAll()
    }

    private mutating func subscribe(_ message: Message, _ bytes: Span<UInt8>) -> ServerAction {
        guard let id = ActiveIDs.decode(message, in: bytes, limit: limits.idLength) else { return badID() }
        guard let request = GraphQLRequest(message, in: bytes) else { return badPayload(of: "subscribe") }
        guard state == .acknowledged else { return close(.unauthorized) }
        guard !active.contains(id) else {
            return close(.subscriberAlreadyExists, reason: "Subscriber for \(id) already exists")
        }
        guard active.count < limits.subscriptions else {
            return .send(MessageWriter.error(id: id, message: "Too many subscriptions on this connection"))
        }
        if let member = GraphQLRequest.memberThatIsNoText(message, in: bytes) {
            return .send(MessageWriter.error(id: id, message: GraphQLRequest.loneSurrogate(in: member)))
        }
        active.append(id)
        return .subscribe(id: id, request)
    }

    private mutating func complete(_ message: Message, _ bytes: Span<UInt8>) -> ServerAction {
        guard let id = ActiveIDs.decode(message, in: bytes, limit: limits.idLength) else { return badID() }
        // An unknown id is a `complete` that crossed ours on the way (P19).
        return active.remove(id) ? .complete(id: id) : .none
    }

    private mutating func badID() -> ServerAction {
        close(.badRequest, reason: "Invalid message received: the id is missing, empty, too long or not a string")
    }

    private mutating func badPayload(of type: String) -> ServerAction {
        close(.badRequest, reason: "Invalid message received: invalid payload of \(type)")
    }
}
