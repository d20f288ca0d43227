/// The server's side of whichever subprotocol the handshake selected; the machines say what each call means.
///
/// After every call that may change something, do what `followUp` yields until it is nil.
package enum ServerProtocol {
    /// `graphql-transport-ws`.
    case transport(ServerMachine)

    /// The legacy `graphql-ws`.
    case legacy(LegacyServerMachine)

    /// A machine for a client whose WebSocket has just opened.
    package init(_ subprotocol: Subprotocol, limits: ServerMachine.Limits = .init()) {
        switch subprotocol {
        case .transport: self = .transport(ServerMachine(limits: limits))
        case .legacy: self = .legacy(LegacyServerMachine(limits: limits))
        }
    }

    /// Whether an operation runs under an id, compared byte by byte.
    package func isActive(_ id: String) -> Bool {
        switch self {
        case .transport(let machine): machine.isActive(id)
        case .legacy(let machine): machine.isActive(id)
        }
    }

    /// What goes in front of the payload of every result of an id; `MessageWriter.nextSuffix` goes behind it.
    package func resultPrefix(id: String) -> [UInt8] {
        switch self {
        case .transport: MessageWriter.nextPrefix(id: id)
        case .legacy: LegacyMessageWriter.dataPrefix(id: id)
        }
    }

    /// Takes one text message of the client.
    package mutating func receive(_ bytes: Span<UInt8>) -> ServerAction {
        update({ $0.receive(bytes) }, { $0.receive(bytes) })
    }

    /// Takes a binary message, which neither subprotocol has.
    package mutating func receivedBinary() -> ServerAction {
        update({ $0.receivedBinary() }, { $0.receivedBinary() })
    }

    /// What is left to do after the last call, one thing at a time; nil when that is all.
    ///
    /// In `graphql-transport-ws` no call has a second step, and it is always nil.
    package mutating func followUp() -> ServerAction? { update({ _ in nil }, { $0.followUp() }) }

    /// Lets the client in and yields the `connection_ack`, once; nil unless an `initialise` is unanswered.
    package mutating func acknowledge(payload: [UInt8]? = nil) -> [UInt8]? {
        update({ $0.acknowledge(payload: payload) }, { $0.acknowledge(payload: payload) })
    }

    /// The time for `connection_init` is over; nothing once it was received, even if it is still unanswered.
    package mutating func initialisationTimedOut() -> ServerAction {
        update({ $0.initialisationTimedOut() }, { $0.initialisationTimedOut() })
    }

    /// A message to send from time to time, whose first one followed the acknowledgement: `ka` (L2).
    ///
    /// It is nil in `graphql-transport-ws`, where frames of WebSocket do, and while the client is not let in.
    package func keepAlive() -> [UInt8]? {
        switch self {
        case .transport: nil
        case .legacy(let machine): machine.keepAlive()
        }
    }

    /// Ends an operation and yields its `complete`, or nil if it is not active any more.
    package mutating func finish(id: String) -> [UInt8]? { update({ $0.finish(id: id) }, { $0.finish(id: id) }) }

    /// Ends an operation that failed while it ran; nil if it is not active.
    ///
    /// The errors are a raw JSON array of GraphQL errors, not empty.
    package mutating func fail(id: String, errors: [UInt8]) -> [UInt8]? {
        update({ $0.fail(id: id, errors: errors) }, { $0.fail(id: id, errors: errors) })
    }

    /// Ends an operation before it executes, such as an invalid one; nil if it is not active.
    ///
    /// Only the legacy subprotocol tells this from `fail` (L4).
    package mutating func reject(id: String, errors: [UInt8]) -> [UInt8]? {
        update({ $0.fail(id: id, errors: errors) }, { $0.reject(id: id, errors: errors) })
    }

    /// The same with one GraphQL error that has this message.
    package mutating func reject(id: String, message: String) -> [UInt8]? {
        update({ $0.fail(id: id, message: message) }, { $0.reject(id: id, message: message) })
    }

    /// Answers a query or mutation: its one result, and the `complete` behind it (P15); nil if it is not active.
    package mutating func answer(id: String, payload: [UInt8]) -> (result: [UInt8], complete: [UInt8])? {
        update({ $0.answer(id: id, payload: payload) }, { $0.answer(id: id, payload: payload) })
    }

    /// The machine is taken out of `self`, or else every change of its ids would copy them.
    @inline(__always)
    private mutating func update<Result>(
        _ transport: (inout ServerMachine) -> Result,
        _ legacy: (inout LegacyServerMachine) -> Result
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
