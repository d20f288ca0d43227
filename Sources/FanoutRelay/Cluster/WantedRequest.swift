internal import EventLog
internal import GraphQLTransport
internal import WebSockets

/// A client's request for a topic as relays of a group tell it each other: the client's network on a line, then the
/// request as it is sent over HTTP.
struct WantedRequest {
    let network: ClientNetwork
    let key: OperationKey
    let request: GraphQLRequest

    /// What is told of a shard's request.
    static func bytes(_ request: TopicRequest) -> [UInt8] {
        Array("\(request.network.text)\n".utf8) + RequestBody.encode(request.request)
    }

    /// Reads what another relay tells; nil when it is no request for a subscription.
    init?(_ bytes: [UInt8]) {
        guard let end = bytes.firstIndex(of: UInt8(ascii: "\n")) else { return nil }
        let body = Array(bytes[(end + 1)...])
        guard let network = ClientNetwork(text: String(decoding: bytes[..<end], as: UTF8.self)),
            let message = try? MessageScanner.scanPayload(body.span),
            GraphQLRequest.memberThatIsNoText(message, in: body.span) == nil,
            let request = GraphQLRequest(message, in: body.span),
            let document = try? Document(parsing: request.query),
            let operation = try? document.operation(named: request.operationName), operation.kind == .subscription,
            let key = try? OperationKey(document: document, operation: operation, variables: request.variables)
        else { return nil }
        (self.network, self.key, self.request) = (network, key, request)
    }
}

extension ClientNetwork {
    /// `4` or `6` with the bits, or `-`.
    fileprivate var text: String {
        switch self {
        case .ipv4(let bits): "4 \(bits)"
        case .ipv6(let bits): "6 \(bits)"
        case .unknown: "-"
        }
    }

    fileprivate init?(text: String) {
        if text == "-" {
            self = .unknown
        } else if text.hasPrefix("4 "), let bits = UInt32(text.dropFirst(2)) {
            self = .ipv4(bits)
        } else if text.hasPrefix("6 "), let bits = UInt64(text.dropFirst(2)) {
            self = .ipv6(bits)
        } else {
            return nil
        }
    }
}
