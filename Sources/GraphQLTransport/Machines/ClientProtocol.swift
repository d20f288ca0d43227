/// The client's side of whichever subprotocol the handshake selected; the machines say what each call means.
package enum ClientProtocol {
    /// `graphql-transport-ws`.
    case transport(ClientMachine)

    /// The legacy `graphql-ws`.
    case legacy(LegacyClientMachine)

    /// A machine for a link that is about to open; the payload is a raw JSON object, validated by the caller.
    package init(_ subprotocol: Subprotocol, initPayload: [UInt8]? = nil) {
        switch subprotocol {
        case .transport: self = .transport(ClientMachine(initPayload: initPayload))
        case .legacy: self = .legacy(LegacyClientMachine(initPayload: initPayload))
        }
    }

    /// The subprotocol spoken.
    package var subprotocol: Subprotocol {
        switch self {
        case .transport: .transport
        case .legacy: .legacy
        }
    }

    /// Whether the server acknowledged the connection and the link is open.
    package var isAcknowledged: Bool {
        switch self {
        case .transport(let machine): machine.isAcknowledged
        case .legacy(let machine): machine.isAcknowledged
        }
    }

    /// Whether a `ka` came, so that another one may be expected (L2); never in `graphql-transport-ws`.
    package var isKeptAlive: Bool {
        switch self {
        case .transport: false
        case .legacy(let machine): machine.isKeptAlive
        }
    }

    /// Whether an operation was subscribed and has not ended.
    package func isActive(_ id: UInt64) -> Bool {
        switch self {
        case .transport(let machine): machine.isActive(id)
        case .legacy(let machine): machine.isActive(id)
        }
    }

    /// The `connection_init` to send as soon as the WebSocket is open.
    package mutating func opened() -> [UInt8] { update({ $0.opened() }, { $0.opened() }) }

    /// Takes one text message of the server; allocates nothing for a result.
    package mutating func receive(_ bytes: Span<UInt8>) -> ClientAction {
        // The machine is taken out of `self`, or else every change of its set of ids would copy the set.
        switch consume self {
        case .transport(var machine):
            let action = machine.receive(bytes)
            self = .transport(machine)
            return action
        case .legacy(var machine):
            let action = machine.receive(bytes)
            self = .legacy(machine)
            return action
        }
    }

    /// Takes one message of the server in whatever form; of an oversized one there are no bytes.
    package mutating func receive(_ bytes: Span<UInt8>, as form: MessageForm) -> ClientAction {
        switch form {
        case .text: receive(bytes)
        case .binary: receive(MessageSketcher.sketch(bytes), .binary)
        case .oversized(let sketch): receive(sketch, .tooLarge)
        }
    }

    /// Takes a message of which no more is known than its sketch, and why.
    private mutating func receive(_ sketch: MessageSketch?, _ misfit: Misfit) -> ClientAction {
        update({ $0.receive(sketch, misfit) }, { $0.receive(sketch, misfit) })
    }

    /// The message that starts an operation, or nil while the link is not acknowledged and after its end.
    package mutating func subscribe(id: UInt64, _ request: SubscribeMessage) -> [UInt8]? {
        update({ $0.subscribe(id: id, request) }, { $0.subscribe(id: id, request) })
    }

    /// The message that ends an operation, or nil if it already ended or the link is not open.
    package mutating func complete(id: UInt64) -> [UInt8]? {
        update({ $0.complete(id: id) }, { $0.complete(id: id) })
    }

    /// A `ping` to send, or nil while the link is not open; always nil in the legacy subprotocol, which has none.
    package func ping(payload: [UInt8]? = nil) -> [UInt8]? {
        switch self {
        case .transport(let machine): machine.ping(payload: payload)
        case .legacy: nil
        }
    }

    /// A message to send before a close from this side: `connection_terminate`, or nil in `graphql-transport-ws`.
    package func farewell() -> [UInt8]? {
        switch self {
        case .transport: nil
        case .legacy(let machine): machine.farewell()
        }
    }

    /// The time for the acknowledgement is over; nothing if it came or the link ended.
    package mutating func acknowledgementTimedOut() -> ClientAction {
        update({ $0.acknowledgementTimedOut() }, { $0.acknowledgementTimedOut() })
    }

    /// Closes the link from this side, normally with 1000; nothing if it is closed already.
    package mutating func close(_ code: CloseCode = .normalClosure, reason: String? = nil) -> ClientAction {
        update({ $0.close(code, reason: reason) }, { $0.close(code, reason: reason) })
    }

    /// Ends the machine because its link is gone, and hands over the operations that had not ended, in order.
    package mutating func closed() -> [UInt64] { update({ $0.closed() }, { $0.closed() }) }

    @inline(__always)
    private mutating func update<Result>(
        _ transport: (inout ClientMachine) -> Result,
        _ legacy: (inout LegacyClientMachine) -> Result
    ) -> Result {
        switch consume self {
        case .transport(var machine):
            let result = transport(&machine)
            self = .transport(machine)
            return result
        case .legacy(var machine):
            let result = legacy(&machine)
            self = .legacy(machine)
            return result
        }
    }
}
