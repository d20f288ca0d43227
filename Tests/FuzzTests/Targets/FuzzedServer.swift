@testable import GraphQLTransport

/// What the fuzzer does with a server's machine of either subprotocol.
protocol FuzzedServer: SendableMetatype {
    init(limits: ServerMachine.Limits)
    var isAcknowledged: Bool { get }
    var activeIDs: [String] { get }
    static func resultPrefix(id: String) -> [UInt8]
    mutating func receive(_ bytes: Span<UInt8>) -> ServerAction
    mutating func receivedBinary() -> ServerAction
    mutating func followUp() -> ServerAction?
    mutating func acknowledge(payload: [UInt8]?) -> [UInt8]?
    mutating func refuse(reason: String?) -> ServerAction
    mutating func finish(id: String) -> [UInt8]?
    mutating func fail(id: String, message: String) -> [UInt8]?
    mutating func close(_ code: CloseCode, reason: String?) -> ServerAction
    mutating func closed() -> [String]
}

extension ServerMachine: FuzzedServer {
    static func resultPrefix(id: String) -> [UInt8] { MessageWriter.nextPrefix(id: id) }
    mutating func followUp() -> ServerAction? { nil }
    mutating func refuse(reason: String?) -> ServerAction { refuse(.forbidden, reason: reason) }
}

extension LegacyServerMachine: FuzzedServer {
    static func resultPrefix(id: String) -> [UInt8] { LegacyMessageWriter.dataPrefix(id: id) }
}
