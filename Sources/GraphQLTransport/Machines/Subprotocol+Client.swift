/// Everything in which the two subprotocols differ for a client's machine.
///
/// The rest is the same in both, such as when an operation ends, and what comes too early.
extension Subprotocol {
    /// The meaning of a message of the server.
    func meaning(of message: Message, in bytes: Span<UInt8>) -> ServerMessageKind {
        switch self {
        case .transport: ServerMessageKind(message.kind)
        case .legacy: ServerMessageKind(LegacyMessageType(message.type, in: bytes))
        }
    }

    /// The meaning of a message of which only a sketch is known.
    func meaning(of sketch: MessageSketch) -> ServerMessageKind {
        switch self {
        case .transport: ServerMessageKind(sketch.kind)
        case .legacy: ServerMessageKind(sketch.legacyKind)
        }
    }

    /// The message that starts an operation: `subscribe`, or the legacy `start`.
    func start(id: UInt64, _ request: GraphQLRequest) -> [UInt8] {
        switch self {
        case .transport: MessageWriter.subscribe(id: String(id), request)
        case .legacy: LegacyMessageWriter.start(id: String(id), request)
        }
    }

    /// The message that ends an operation: `complete`, or the legacy `stop`.
    func stop(id: UInt64) -> [UInt8] {
        switch self {
        case .transport: MessageWriter.complete(id: String(id))
        case .legacy: LegacyMessageWriter.stop(id: String(id))
        }
    }

    /// A `ping`, which only `graphql-transport-ws` has.
    func ping(payload: [UInt8]?) -> [UInt8]? {
        switch self {
        case .transport: MessageWriter.ping(payload: payload)
        case .legacy: nil
        }
    }

    /// The message of a client before it closes: `connection_terminate`, which only the legacy subprotocol has.
    var farewell: [UInt8]? {
        switch self {
        case .transport: nil
        case .legacy: LegacyMessageWriter.connectionTerminate
        }
    }
}
