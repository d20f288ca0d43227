/// The server's side of `graphql-transport-ws` for one client, without I/O (P3 to P21, P25).
///
/// A value that the client's shard holds and protects from concurrent access. There may be many thousand clients, so it
/// holds their few active ids, and nothing else that grows.
package struct ServerMachine {
    /// The limits of one client.
    package struct Limits: Sendable, Hashable {
        /// The most operations at a time; one more is answered with `error`.
        package var subscriptions: UInt32

        /// The longest id in bytes of UTF-8; a longer one closes with 4400.
        ///
        /// A small number beside a larger one, so that the machine's small members find room behind it.
        package var idLength: UInt16

        /// Makes limits; by default 100 operations with ids of up to 1 KiB.
        package init(subscriptions: UInt32 = 100, idLength: UInt16 = 1024) {
            self.subscriptions = subscriptions
            self.idLength = idLength
        }

        /// The longest payload of a `ping` in bytes, since it is sent back; a longer one closes with 4400.
        package static let pingLength = 64 * 1024
    }

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

    // Small members follow large ones, to save memory for each client.
    private var active = ActiveIDs()
    private var state = State.awaitingInit
    private let limits: Limits

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

    /// Handles a text message of the client.
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

    /// Handles a binary message, which the protocol doesn't have.
    package mutating func receivedBinary() -> ServerAction {
        close(.badRequest, reason: "Invalid message received: a binary message")
    }

    /// Accepts the client and returns the `connection_ack`, once (P6); nil unless an `initialise` is unanswered.
    ///
    /// Also nil if the connection was closed before the owner decided. The payload is a raw JSON object.
    package mutating func acknowledge(payload: [UInt8]? = nil) -> [UInt8]? {
        guard state == .initialising else { return nil }
        state = .acknowledged
        return MessageWriter.connectionAck(payload: payload)
    }

    /// Refuses the client (P5); does nothing unless an `initialise` is unanswered.
    package mutating func refuse(_ code: CloseCode = .forbidden, reason: String? = nil) -> ServerAction {
        state == .initialising ? close(code, reason: reason) : .none
    }

    /// Closes the connection if no `connection_init` came in time (P3); does nothing once it came, even if it is
    /// unanswered.
    package mutating func initialisationTimedOut() -> ServerAction {
        state == .awaitingInit ? close(.connectionInitialisationTimeout) : .none
    }

    /// Ends an operation and returns its `complete`; nil if it isn't active any more (P15, P18).
    package mutating func finish(id: String) -> [UInt8]? {
        active.remove(id) && state != .closed ? MessageWriter.complete(id: id) : nil
    }

    /// Ends an operation and returns its `error`, after which no `complete` follows; nil if it isn't active (P16, P20).
    ///
    /// The errors are a raw JSON array of GraphQL errors, not empty.
    package mutating func fail(id: String, errors: [UInt8]) -> [UInt8]? {
        active.remove(id) && state != .closed ? MessageWriter.error(id: id, errors: errors) : nil
    }

    /// The same with one GraphQL error of this message.
    package mutating func fail(id: String, message: String) -> [UInt8]? {
        fail(id: id, errors: MessageWriter.errors(message: message))
    }

    /// Answers a query or mutation: its one `next`, and the following `complete`; nil if it isn't active any more.
    ///
    /// This call ends the operation, so that there can't be a second `next` (P15). The payload is a raw JSON object.
    package mutating func answer(id: String, payload: [UInt8]) -> (result: [UInt8], complete: [UInt8])? {
        guard let complete = finish(id: id) else { return nil }
        return (MessageWriter.next(id: id, payload: payload), complete)
    }

    /// Closes the connection from our side (P21, P22); does nothing if it is closed already.
    package mutating func close(_ code: CloseCode, reason: String? = nil) -> ServerAction {
        guard state != .closed else { return .none }
        state = .closed
        return .close(code, reason: CloseCode.clip(reason ?? code.defaultReason))
    }

    /// Ends the machine after the loss of its connection, and returns the operations to release (P23).
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
            return .exceed(MessageWriter.error(id: id, message: "Too many subscriptions on this connection"))
        }
        if let member = GraphQLRequest.memberThatIsNoText(message, in: bytes) {
            return .send(MessageWriter.error(id: id, message: GraphQLRequest.loneSurrogate(in: member)))
        }
        active.append(id)
        return .subscribe(id: id, request)
    }

    private mutating func complete(_ message: Message, _ bytes: Span<UInt8>) -> ServerAction {
        guard let id = ActiveIDs.decode(message, in: bytes, limit: limits.idLength) else { return badID() }
        // The `complete` for an unknown id has crossed ours on the way (P19).
        return active.remove(id) ? .complete(id: id) : .none
    }

    private mutating func badID() -> ServerAction {
        close(.badRequest, reason: "Invalid message received: the id is missing, empty, too long or not a string")
    }

    private mutating func badPayload(of type: String) -> ServerAction {
        close(.badRequest, reason: "Invalid message received: invalid payload of \(type)")
    }
}
