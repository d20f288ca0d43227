/// The client's side of the legacy `graphql-ws` on one link, without I/O: rules L1 to L8, and C1 to C9 as they apply.
///
/// A value to be held by the owner of the link, which serialises all access. It lives as long as its link; ids come
/// from the session, which never uses one again on another link (C14).
package struct LegacyClientMachine {
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

    /// Whether a `ka` came on this link: only then may its owner expect another one (L2).
    package private(set) var isKeptAlive = false

    /// A machine for a link that is about to open; the payload is a raw JSON object, validated by the caller.
    package init(initPayload: [UInt8]? = nil) {
        self.initPayload = initPayload
    }

    /// Whether the server acknowledged the connection and the link is open.
    package var isAcknowledged: Bool { state == .acknowledged }

    /// Whether an operation was started and has not ended.
    package func isActive(_ id: UInt64) -> Bool { active.contains(id) }

    /// The `connection_init` to send as soon as the WebSocket is open (C1).
    package mutating func opened() -> [UInt8] {
        precondition(state == .connecting, "a link opens once")
        state = .awaitingAck
        return MessageWriter.connectionInit(payload: initPayload)
    }

    /// Takes one text message of the server; allocates nothing for a `data`.
    package mutating func receive(_ bytes: Span<UInt8>) -> ClientAction {
        guard state == .awaitingAck || state == .acknowledged else { return .none }
        let message: Message
        do {
            message = try MessageScanner.scan(bytes, maximumDepth: JSONScanner.depthLimit)
        } catch {
            return badResponse("\(error)")
        }
        switch LegacyMessageType(message.type, in: bytes) {
        case .data: return data(message, bytes)
        case .keepAlive:
            isKeptAlive = true
            return .pong
        case .complete: return completed(message, bytes)
        case .error: return failed(message, bytes)
        case .connectionAck: return acknowledged(message)
        case .connectionError: return connectionFailed(message, bytes)
        case .connectionInit, .start, .stop, .connectionTerminate, .unknown: return unexpectedType()
        }
    }

    /// Takes a binary message, which the protocol does not have.
    package mutating func receivedBinary() -> ClientAction { badResponse("a binary message") }

    /// The `start` to send, or nil while the server has not acknowledged the link (C4) and after its end.
    package mutating func subscribe(id: UInt64, _ request: SubscribeMessage) -> [UInt8]? {
        guard state == .acknowledged else { return nil }
        let inserted = active.insert(id).inserted
        precondition(inserted, "an operation id is used once")
        return LegacyMessageWriter.start(id: String(id), request)
    }

    /// The `stop` to send, or nil if the operation already ended or the link is not open (C8).
    ///
    /// The server answers with a `complete` (L5), which says nothing new and is ignored.
    package mutating func complete(id: UInt64) -> [UInt8]? {
        guard active.remove(id) != nil, state == .acknowledged else { return nil }
        return LegacyMessageWriter.stop(id: String(id))
    }

    /// The `connection_terminate` to send before a close from this side, or nil while the link is not open.
    package func farewell() -> [UInt8]? {
        switch state {
        case .awaitingAck, .acknowledged: LegacyMessageWriter.connectionTerminate
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
        guard message.hasOptionalObjectPayload else { return badResponse("invalid payload of connection_ack") }
        guard state == .awaitingAck else { return .none }
        state = .acknowledged
        return .acknowledged(payload: message.objectPayload)
    }

    /// A refused init, or an error that the server ties to no operation, must not be swallowed (L7).
    ///
    /// Without an id nobody knows which operations it ends, so that it ends the link.
    private mutating func connectionFailed(_ message: Message, _ bytes: Span<UInt8>) -> ClientAction {
        if let id = activeID(message, bytes) {
            active.remove(id)
            return .failed(id: id, errors: message.payload.range)
        }
        let text =
            GraphQLErrors.message(of: message.payload, in: bytes) ?? JSONString.decode(message.payload, in: bytes)
        let code: CloseCode = state == .awaitingAck ? .forbidden : .badResponse
        return close(code, reason: "connection_error: \(text ?? code.defaultReason)")
    }

    private mutating func data(_ message: Message, _ bytes: Span<UInt8>) -> ClientAction {
        guard state == .acknowledged else { return unexpectedType() }
        guard message.hasValidID else { return badID() }
        guard message.payload.kind == .object, message.data.kind != .absent || message.errors.kind != .absent else {
            return badResponse("invalid payload of data")
        }
        guard let id = activeID(message, bytes) else { return .none }
        return .next(
            id: id,
            payload: message.payload.range,
            hasErrors: GraphQLErrors.occur(in: message.errors, of: bytes)
        )
    }

    /// Servers differ in the payload: one error (L4), an array, an object with `errors`, or anything at all.
    private mutating func failed(_ message: Message, _ bytes: Span<UInt8>) -> ClientAction {
        guard state == .acknowledged else { return unexpectedType() }
        guard message.hasValidID else { return badID() }
        guard let id = activeID(message, bytes) else { return .none }
        active.remove(id)
        let hasArray = GraphQLErrors.isValid(message.errors, in: bytes)
        return .failed(id: id, errors: hasArray ? message.errors.range : message.payload.range)
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
        badResponse(state == .awaitingAck ? "the first message is no connection_ack" : "unexpected type")
    }

    private mutating func badID() -> ClientAction { badResponse("the id is not a string with content") }

    private mutating func badResponse(_ what: String) -> ClientAction {
        close(.badResponse, reason: "Bad response: \(what)")
    }
}
