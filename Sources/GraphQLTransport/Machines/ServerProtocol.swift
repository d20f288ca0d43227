/// The server's side of the subprotocol that the handshake selected; the two machines document the calls.
///
/// After every call that may change something, perform what `followUp` returns until it is nil.
package enum ServerProtocol {
    /// `graphql-transport-ws`.
    case transport(ServerMachine)

    /// The legacy `graphql-ws`; allocated by itself, since its machine is larger, and few clients speak it.
    indirect case legacy(LegacyServerMachine)

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

    /// The part of a result's message before its payload; `MessageWriter.nextSuffix` follows the payload.
    package func resultPrefix(id: String) -> [UInt8] {
        switch self {
        case .transport: MessageWriter.nextPrefix(id: id)
        case .legacy: LegacyMessageWriter.dataPrefix(id: id)
        }
    }

    /// Handles a text message of the client.
    package mutating func receive(_ bytes: Span<UInt8>) -> ServerAction {
        update({ $0.receive(bytes) }, { $0.receive(bytes) })
    }

    /// Handles a binary message, which neither subprotocol has.
    package mutating func receivedBinary() -> ServerAction {
        update({ $0.receivedBinary() }, { $0.receivedBinary() })
    }

    /// The next thing to do after the last call; nil when nothing is left.
    ///
    /// Always nil in `graphql-transport-ws`, where no call has a second step.
    package mutating func followUp() -> ServerAction? { update({ _ in nil }, { $0.followUp() }) }

    /// Accepts the client and returns the `connection_ack`, once; nil unless an `initialise` is unanswered.
    package mutating func acknowledge(payload: [UInt8]? = nil) -> [UInt8]? {
        update({ $0.acknowledge(payload: payload) }, { $0.acknowledge(payload: payload) })
    }

    /// Turns a client away whose `initialise` is unanswered.
    ///
    /// The code is that of `graphql-transport-ws`; the legacy subprotocol says `connection_error` and closes with 1011
    /// (L3).
    package mutating func refuse(_ code: CloseCode, reason: String) -> ServerAction {
        update({ $0.refuse(code, reason: reason) }, { $0.refuse(reason: reason) })
    }

    /// The time for `connection_init` is over; nothing once it was received, even if it is still unanswered.
    package mutating func initialisationTimedOut() -> ServerAction {
        update({ $0.initialisationTimedOut() }, { $0.initialisationTimedOut() })
    }

    /// A keep-alive message to send from time to time, of which the first followed the acknowledgement: `ka` (L2).
    ///
    /// Nil in `graphql-transport-ws`, which relies on WebSocket's pings, and while the client isn't accepted.
    package func keepAlive() -> [UInt8]? {
        switch self {
        case .transport: nil
        case .legacy(let machine): machine.keepAlive()
        }
    }

    /// Ends an operation and returns its `complete`; nil if it isn't active any more.
    package mutating func finish(id: String) -> [UInt8]? { update({ $0.finish(id: id) }, { $0.finish(id: id) }) }

    /// Ends an operation that failed while it ran; nil if it isn't active.
    ///
    /// The errors are a raw JSON array of GraphQL errors, not empty.
    package mutating func fail(id: String, errors: [UInt8]) -> [UInt8]? {
        update({ $0.fail(id: id, errors: errors) }, { $0.fail(id: id, errors: errors) })
    }

    /// Ends an operation before it is executed, such as an invalid one; nil if it isn't active.
    ///
    /// Only the legacy subprotocol distinguishes this from `fail` (L4).
    package mutating func reject(id: String, errors: [UInt8]) -> [UInt8]? {
        update({ $0.fail(id: id, errors: errors) }, { $0.reject(id: id, errors: errors) })
    }

    /// The same with one GraphQL error of this message.
    package mutating func reject(id: String, message: String) -> [UInt8]? {
        update({ $0.fail(id: id, message: message) }, { $0.reject(id: id, message: message) })
    }

    /// Answers a query or mutation: its one result, and the following `complete` (P15); nil if it isn't active.
    package mutating func answer(id: String, payload: [UInt8]) -> (result: [UInt8], complete: [UInt8])? {
        update({ $0.answer(id: id, payload: payload) }, { $0.answer(id: id, payload: payload) })
    }

    /// The machine is taken out of `self`, since a change of its ids would otherwise copy them.
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
