/// The client's side of `graphql-transport-ws` on one link, without I/O: rules C1 to C9.
///
/// A value to be held by the owner of the link, which serialises all access. It lives as long as its link; ids come
/// from the session, which never uses one again on another link (C14).
package struct ClientMachine {
    private enum State {
        /// The WebSocket is not open yet. Can transition to: `awaitingAck`, `closed`.
        case connecting

        /// `connection_init` was handed out. Can transition to: `acknowledged`, `closed`.
        case awaitingAck

        /// Operations may run. Can transition to: `closed`.
        case acknowledged

        /// The link is closed or told to close; nothing that arrives counts any more.
        case closed
    }

    private let initPayload: [UInt8]?
    private var state = State.connecting
    private var active: Set<UInt64> = []

    /// A machine for a link that is about to open; the payload is a raw JSON object, validated by the caller.
    package init(initPayload: [UInt8]? = nil) {
        self.initPayload = initPayload
    }

    /// Whether the server acknowledged the connection and the link is open.
    package var isAcknowledged: Bool { state == .acknowledged }

    /// Whether an operation was subscribed and has not ended.
    package func isActive(_ id: UInt64) -> Bool { active.contains(id) }

    /// The `connection_init` to send as soon as the WebSocket is open (C1).
    package mutating func opened() -> [UInt8] {
        precondition(state == .connecting, "a link opens once")
        state = .awaitingAck
        return MessageWriter.connectionInit(payload: initPayload)
    }

    /// Takes one text message of the server; allocates nothing for a `next`.
    package mutating func receive(_ bytes: Span<UInt8>) -> ClientAction {
        guard state == .awaitingAck || state == .acknowledged else { return .none }
        let message: Message
        do {
            message = try MessageScanner.scan(bytes, maximumDepth: JSONScanner.depthLimit)
        } catch {
            return close(.badResponse, reason: "Bad response: \(error)")
        }
        switch message.kind {
        case .next: return next(message, bytes)
        case .error: return failed(message, bytes)
        case .complete: return completed(message, bytes)
        case .ping:
            guard message.hasOptionalObjectPayload else { return badPayload(of: "ping") }
            return .send(MessageWriter.pong(payload: message.objectPayload, of: bytes))
        case .pong:
            guard message.hasOptionalObjectPayload else { return badPayload(of: "pong") }
            return .pong
        case .connectionAck: return acknowledged(message)
        case .connectionInit, .subscribe, .unknown: return unexpectedType()
        }
    }

    /// Takes a binary message, which the protocol does not have.
    package mutating func receivedBinary() -> ClientAction {
        close(.badResponse, reason: "Bad response: a binary message")
    }

    /// The `subscribe` to send, or nil while the server has not acknowledged the link (C4) and after its end.
    package mutating func subscribe(id: UInt64, _ request: SubscribeMessage) -> [UInt8]? {
        guard state == .acknowledged else { return nil }
        let inserted = active.insert(id).inserted
        precondition(inserted, "an operation id is used once")
        return MessageWriter.subscribe(id: String(id), request)
    }

    /// The `complete` to send, or nil if the operation already ended or the link is not open (C8).
    package mutating func complete(id: UInt64) -> [UInt8]? {
        guard active.remove(id) != nil, state == .acknowledged else { return nil }
        return MessageWriter.complete(id: String(id))
    }

    /// A `ping` to send, or nil while the link is not open.
    package func ping(payload: [UInt8]? = nil) -> [UInt8]? {
        switch state {
        case .awaitingAck, .acknowledged: MessageWriter.ping(payload: payload)
        case .connecting, .closed: nil
        }
    }

    /// The time for the acknowledgement is over (C3); nothing if it came or the link ended.
    package mutating func acknowledgementTimedOut() -> ClientAction {
        switch state {
        case .connecting, .awaitingAck: close(.connectionAcknowledgementTimeout)
        case .acknowledged, .closed: .none
        }
    }

    /// Closes the link from this side, normally with 1000 (C9); nothing if it is closed already.
    package mutating func close(_ code: CloseCode = .normalClosure, reason: String? = nil) -> ClientAction {
        guard state != .closed else { return .none }
        state = .closed
        return .close(code, reason: CloseCode.clip(reason ?? code.defaultReason))
    }

    /// Ends the machine because its link is gone, and hands over the operations that had not ended, in order.
    package mutating func closed() -> [UInt64] {
        state = .closed
        defer { active = [] }
        return active.sorted()
    }

    private mutating func acknowledged(_ message: Message) -> ClientAction {
        guard message.hasOptionalObjectPayload else { return badPayload(of: "connection_ack") }
        // A second acknowledgement says nothing new, and the reference client ignores it too.
        guard state == .awaitingAck else { return .none }
        state = .acknowledged
        return .acknowledged(payload: message.objectPayload)
    }

    private mutating func next(_ message: Message, _ bytes: Span<UInt8>) -> ClientAction {
        guard state == .acknowledged else { return unexpectedType() }
        guard message.hasValidID else { return badID() }
        guard message.payload.kind == .object, message.data.kind != .absent || message.errors.kind != .absent else {
            return badPayload(of: "next")
        }
        guard let id = activeID(message, bytes) else { return .none }
        return .next(
            id: id,
            payload: message.payload.range,
            hasErrors: GraphQLErrors.occur(in: message.errors, of: bytes)
        )
    }

    private mutating func failed(_ message: Message, _ bytes: Span<UInt8>) -> ClientAction {
        guard state == .acknowledged else { return unexpectedType() }
        guard message.hasValidID else { return badID() }
        guard GraphQLErrors.isValid(message.payload, in: bytes) else { return badPayload(of: "error") }
        guard let id = activeID(message, bytes) else { return .none }
        active.remove(id)
        return .failed(id: id, errors: message.payload.range)
    }

    private mutating func completed(_ message: Message, _ bytes: Span<UInt8>) -> ClientAction {
        guard state == .acknowledged else { return unexpectedType() }
        guard message.hasValidID else { return badID() }
        guard let id = activeID(message, bytes) else { return .none }
        active.remove(id)
        return .completed(id: id)
    }

    /// The operation a message belongs to, or nil if it is unknown or has ended (C6).
    private func activeID(_ message: Message, _ bytes: Span<UInt8>) -> UInt64? {
        guard let id = OperationID.parse(message.id, in: bytes), active.contains(id) else { return nil }
        return id
    }

    private mutating func unexpectedType() -> ClientAction {
        switch state {
        case .awaitingAck: close(.badResponse, reason: "Bad response: the first message is no connection_ack")
        case .connecting, .acknowledged, .closed: close(.badResponse, reason: "Bad response: unexpected type")
        }
    }

    private mutating func badID() -> ClientAction {
        close(.badResponse, reason: "Bad response: the id is not a string with content")
    }

    private mutating func badPayload(of type: String) -> ClientAction {
        close(.badResponse, reason: "Bad response: invalid payload of \(type)")
    }
}
