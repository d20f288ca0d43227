/// The client's side of `graphql-transport-ws` on one link, without I/O (C1 to C9).
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
    /// The greatest id so far: what comes for a smaller one that isn't active comes late, which is no oddity (C6).
    private var latest: UInt64 = 0

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
            return receive(MessageSketcher.sketch(bytes), .malformed(error))
        }
        switch message.kind {
        case .next: return next(message, bytes)
        case .error: return failed(message, bytes)
        case .complete: return completed(OperationID.parse(message.id, in: bytes))
        case .ping:
            guard message.hasOptionalObjectPayload else { return .ignored(reply: MessageWriter.pong()) }
            return .send(MessageWriter.pong(payload: message.objectPayload, of: bytes))
        case .pong: return message.hasOptionalObjectPayload ? .pong : .ignored(reply: nil)
        case .connectionAck: return acknowledged(payload: message.objectPayload)
        case .connectionInit, .subscribe, .unknown: return .ignored(reply: nil)
        }
    }

    /// Takes a message that isn't kept, can't be read or is binary, of which its sketch is all that is known.
    ///
    /// Without a sketch nobody knows whose it is, and it closes the link (C7).
    package mutating func receive(_ sketch: MessageSketch?, _ misfit: Misfit) -> ClientAction {
        guard state == .awaitingAck || state == .acknowledged else { return .none }
        guard let sketch else { return close(.badResponse, reason: "Bad response: \(misfit)") }
        switch sketch.kind {
        case .next, .error:
            guard state == .acknowledged else { return tooEarly() }
            guard let id = sketch.id, active.contains(id) else { return stray(sketch.id) }
            guard sketch.kind == .next else {
                active.remove(id)
                return .misfit(id: id, misfit, reply: nil)
            }
            return fail(id, misfit)
        case .complete: return completed(sketch.id)
        case .ping: return .ignored(reply: MessageWriter.pong())
        case .connectionAck: return acknowledged(payload: nil)
        case .pong, .connectionInit, .subscribe, .unknown: return .ignored(reply: nil)
        }
    }

    /// The `subscribe` to send, or nil while the server has not acknowledged the link (C4) and after its end.
    package mutating func subscribe(id: UInt64, _ request: SubscribeMessage) -> [UInt8]? {
        guard state == .acknowledged else { return nil }
        let inserted = active.insert(id).inserted
        precondition(inserted, "an operation id is used once")
        latest = max(latest, id)
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

    /// A payload that is no object is as good as none: the server has accepted the connection all the same.
    private mutating func acknowledged(payload: Range<Int>?) -> ClientAction {
        // A second acknowledgement says nothing new, and the reference client ignores it too.
        guard state == .awaitingAck else { return .ignored(reply: nil) }
        state = .acknowledged
        return .acknowledged(payload: payload)
    }

    private mutating func next(_ message: Message, _ bytes: Span<UInt8>) -> ClientAction {
        guard state == .acknowledged else { return tooEarly() }
        let id = OperationID.parse(message.id, in: bytes)
        guard let id, active.contains(id) else { return stray(id) }
        // Any object is a result: those of incremental delivery have neither `data` nor `errors`.
        guard message.payload.kind == .object else { return fail(id, .payload(message.payload.range)) }
        return .next(
            id: id,
            payload: message.payload.range,
            hasErrors: GraphQLErrors.occur(in: message.errors, of: bytes)
        )
    }

    /// Servers differ in the payload: an array, one error, an object with `errors`, or anything at all.
    private mutating func failed(_ message: Message, _ bytes: Span<UInt8>) -> ClientAction {
        guard state == .acknowledged else { return tooEarly() }
        let id = OperationID.parse(message.id, in: bytes)
        guard let id, active.remove(id) != nil else { return stray(id) }
        return .failed(id: id, errors: GraphQLErrors.place(in: message, of: bytes))
    }

    private mutating func completed(_ id: UInt64?) -> ClientAction {
        guard state == .acknowledged else { return tooEarly() }
        guard let id, active.remove(id) != nil else { return stray(id) }
        return .completed(id: id)
    }

    /// Ends an operation that the server believes to run (C8).
    private mutating func fail(_ id: UInt64, _ misfit: Misfit) -> ClientAction {
        active.remove(id)
        return .misfit(id: id, misfit, reply: MessageWriter.complete(id: String(id)))
    }

    /// What comes for an operation that has ended is on its way still; for any other id it is the server's mistake (C6).
    private func stray(_ id: UInt64?) -> ClientAction {
        if let id, id <= latest { return .none }
        return .ignored(reply: nil)
    }

    /// Before the acknowledgement no operation exists that a message could belong to (C2).
    private mutating func tooEarly() -> ClientAction {
        close(.badResponse, reason: "Bad response: an operation's message came before the connection_ack")
    }
}
