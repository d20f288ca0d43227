/// The client's side of either subprotocol on one link, without I/O (C1 to C9, L1 to L8).
///
/// A value that the owner of the link holds and protects from concurrent access. It lives as long as its link. The
/// session assigns the ids, and never uses one again on another link (C14).
package struct ClientMachine {
    private enum State {
        /// The WebSocket is not open yet. Can transition to: `awaitingAck`, `closed`.
        case connecting

        /// `connection_init` was handed out. Can transition to: `acknowledged`, `closed`.
        case awaitingAck

        /// Operations may run. Can transition to: `closed`.
        case acknowledged

        /// The link is closed, or about to be; everything that still arrives is ignored.
        case closed
    }

    private let dialect: Subprotocol
    private let initPayload: [UInt8]?
    private var state = State.connecting
    private var active: Set<UInt64> = []
    /// The greatest id so far: a message for a smaller id that isn't active is merely late (C6).
    private var latest: UInt64 = 0

    /// Whether a legacy `ka` has come on this link; only then may further ones be expected (L2).
    package private(set) var isKeptAlive = false

    /// A machine for a link that is about to open; the payload is a raw JSON object, validated by the caller.
    package init(_ dialect: Subprotocol = .transport, initPayload: [UInt8]? = nil) {
        self.dialect = dialect
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

    /// Handles a message of the server in any form; of an oversized one there are no bytes.
    package mutating func receive(_ bytes: Span<UInt8>, as form: MessageForm) -> ClientAction {
        switch form {
        case .text: receive(bytes)
        case .binary: receive(MessageSketcher.sketch(bytes), .binary)
        case .oversized(let sketch): receive(sketch, .tooLarge)
        }
    }

    /// Handles a text message of the server; a result causes no allocation.
    package mutating func receive(_ bytes: Span<UInt8>) -> ClientAction {
        guard state == .awaitingAck || state == .acknowledged else { return .none }
        let message: Message
        do {
            message = try MessageScanner.scan(bytes, maximumDepth: JSONScanner.depthLimit)
        } catch {
            return receive(MessageSketcher.sketch(bytes), .malformed(error))
        }
        switch dialect.meaning(of: message, in: bytes) {
        case .result: return next(message, bytes)
        case .error: return failed(message, bytes)
        case .complete: return completed(OperationID.parse(message.id, in: bytes))
        case .ping:
            guard message.hasOptionalObjectPayload else { return .ignored(reply: MessageWriter.pong()) }
            return .send(MessageWriter.pong(payload: message.objectPayload, of: bytes))
        case .pong: return message.hasOptionalObjectPayload ? .pong : .ignored(reply: nil)
        case .keepAlive: return kept()
        case .acknowledgement: return acknowledged(payload: message.objectPayload)
        case .connectionError: return connectionFailed(message, bytes)
        case .foreign: return .ignored(reply: nil)
        }
    }

    /// Handles a message that is oversized, invalid or binary, of which only a sketch is known.
    ///
    /// Without a sketch its operation is unknown, so that it closes the link (C7).
    package mutating func receive(_ sketch: MessageSketch?, _ misfit: Misfit) -> ClientAction {
        guard state == .awaitingAck || state == .acknowledged else { return .none }
        guard let sketch else { return badResponse("\(misfit)") }
        switch dialect.meaning(of: sketch) {
        case .result:
            guard state == .acknowledged else { return tooEarly() }
            guard let id = sketch.id, active.contains(id) else { return stray(sketch.id) }
            return fail(id, misfit)
        case .error:
            guard state == .acknowledged else { return tooEarly() }
            return failed(sketch.id, misfit)
        case .complete: return completed(sketch.id)
        case .ping: return .ignored(reply: MessageWriter.pong())
        case .keepAlive: return kept()
        case .acknowledgement: return acknowledged(payload: nil)
        case .connectionError:
            guard state == .acknowledged, let id = sketch.id else { return refused(nil) }
            return failed(id, misfit)
        case .pong, .foreign: return .ignored(reply: nil)
        }
    }

    /// The message that starts an operation; nil before the server's acknowledgement (C4), and after the link's end.
    package mutating func subscribe(id: UInt64, _ request: GraphQLRequest) -> [UInt8]? {
        guard state == .acknowledged else { return nil }
        let inserted = active.insert(id).inserted
        precondition(inserted, "an operation id is used once")
        latest = max(latest, id)
        return dialect.start(id: id, request)
    }

    /// The message that ends an operation; nil if it has ended already or the link isn't open (C8).
    ///
    /// A legacy server answers with a `complete` (L5), which is ignored.
    package mutating func complete(id: UInt64) -> [UInt8]? {
        guard active.remove(id) != nil, state == .acknowledged else { return nil }
        return dialect.stop(id: id)
    }

    /// A `ping` to send; nil while the link isn't open, and in the legacy subprotocol, which has none.
    package func ping(payload: [UInt8]? = nil) -> [UInt8]? {
        switch state {
        case .awaitingAck, .acknowledged: dialect.ping(payload: payload)
        case .connecting, .closed: nil
        }
    }

    /// A message to send before we close; nil while the link isn't open, and in `graphql-transport-ws`, which has none.
    package func farewell() -> [UInt8]? {
        switch state {
        case .awaitingAck, .acknowledged: dialect.farewell
        case .connecting, .closed: nil
        }
    }

    /// Ends the link if no acknowledgement came in time (C3); does nothing otherwise.
    package mutating func acknowledgementTimedOut() -> ClientAction {
        switch state {
        case .connecting, .awaitingAck: close(.connectionAcknowledgementTimeout)
        case .acknowledged, .closed: .none
        }
    }

    /// Closes the link from our side, normally with 1000 (C9); does nothing if it is closed already.
    package mutating func close(_ code: CloseCode = .normalClosure, reason: String? = nil) -> ClientAction {
        guard state != .closed else { return .none }
        state = .closed
        return .close(code, reason: CloseCode.clip(reason ?? code.defaultReason))
    }

    /// Ends the machine after the loss of its link, and returns the operations that hadn't ended, in order.
    package mutating func closed() -> [UInt64] {
        state = .closed
        defer { active = [] }
        return active.sorted()
    }

    private mutating func kept() -> ClientAction {
        isKeptAlive = true
        return .pong
    }

    /// Handles the acknowledgement; a payload that isn't an object is ignored.
    private mutating func acknowledged(payload: Range<Int>?) -> ClientAction {
        // A second acknowledgement has no effect, as in the reference client.
        guard state == .awaitingAck else { return .ignored(reply: nil) }
        state = .acknowledged
        return .acknowledged(payload: payload)
    }

    /// Handles a refused init, or an error that belongs to no operation; it must not be ignored (L7).
    private mutating func connectionFailed(_ message: Message, _ bytes: Span<UInt8>) -> ClientAction {
        guard !message.id.isAbsentOrNull, state == .acknowledged else {
            return refused(
                GraphQLErrors.message(of: message.payload, in: bytes) ?? JSONString.decode(message.payload, in: bytes)
            )
        }
        return failed(message, bytes)
    }

    /// Ends the link: without an id it is unknown which operations the error ends.
    private mutating func refused(_ text: String?) -> ClientAction {
        let code: CloseCode = state == .awaitingAck ? .forbidden : .badResponse
        return close(code, reason: "connection_error: \(text ?? code.defaultReason)")
    }

    private mutating func next(_ message: Message, _ bytes: Span<UInt8>) -> ClientAction {
        guard state == .acknowledged else { return tooEarly() }
        let id = OperationID.parse(message.id, in: bytes)
        guard let id, active.contains(id) else { return stray(id) }
        // Any object is a result: in incremental delivery some have neither `data` nor `errors`.
        guard message.payload.kind == .object else { return fail(id, .payload(message.payload.range)) }
        return .next(
            id: id,
            payload: message.payload.range,
            hasErrors: GraphQLErrors.occur(in: message.errors, of: bytes)
        )
    }

    /// Handles `error`, whose payload depends on the server: an array, one error (L4), an object with `errors`, or
    /// anything.
    private mutating func failed(_ message: Message, _ bytes: Span<UInt8>) -> ClientAction {
        guard state == .acknowledged else { return tooEarly() }
        let id = OperationID.parse(message.id, in: bytes)
        guard let id, active.remove(id) != nil else { return stray(id) }
        return .failed(id: id, errors: GraphQLErrors.place(in: message, of: bytes))
    }

    /// Ends an operation that the server has ended with a message which can't be passed on.
    private mutating func failed(_ id: UInt64?, _ misfit: Misfit) -> ClientAction {
        guard let id, active.remove(id) != nil else { return stray(id) }
        return .misfit(id: id, misfit, reply: nil)
    }

    private mutating func completed(_ id: UInt64?) -> ClientAction {
        guard state == .acknowledged else { return tooEarly() }
        guard let id, active.remove(id) != nil else { return stray(id) }
        return .completed(id: id)
    }

    /// Ends an operation that is still active at the server (C8).
    private mutating func fail(_ id: UInt64, _ misfit: Misfit) -> ClientAction {
        active.remove(id)
        return .misfit(id: id, misfit, reply: dialect.stop(id: id))
    }

    /// Handles a message without an active operation: it is late if the operation has ended, otherwise wrong (C6).
    private func stray(_ id: UInt64?) -> ClientAction {
        if let id, id <= latest { return .none }
        return .ignored(reply: nil)
    }

    /// Before the acknowledgement no operation exists to which a message could belong (C2).
    private mutating func tooEarly() -> ClientAction {
        badResponse("an operation's message came before the connection_ack")
    }

    private mutating func badResponse(_ what: String) -> ClientAction {
        close(.badResponse, reason: "Bad response: \(what)")
    }
}
