internal import AccessTokens
internal import EventLog
internal import Fanout
internal import GraphQLTransport

/// What topics are called in the log.
extension TopicHash {
    /// The form of what is hashed.
    private static let version: UInt8 = 1

    /// The operator's topic of a name; with another operation it is another topic.
    init(name: String, _ key: OperationKey) { self.init([Array("topic".utf8), Array(name.utf8)] + key.parts) }

    /// The topic that equal operations of clients share.
    init(shared key: OperationKey) { self.init([Array("shared".utf8)] + key.parts) }

    /// The topic of one client, which no other joins.
    init(own key: OperationKey, request: UInt64, of node: String, incarnation: UInt64) {
        let request = Array("\(node) \(incarnation) \(request)".utf8)
        self.init([Array("own".utf8), request] + key.parts)
    }

    /// The first bytes of the SHA-256 of texts, each with its length before it.
    private init(_ parts: [[UInt8]?]) {
        var bytes = [Self.version]
        for part in parts {
            let length = UInt64(bitPattern: Int64(part?.count ?? -1))
            bytes += stride(from: 56, through: 0, by: -8).map { UInt8(truncatingIfNeeded: length >> $0) }
            bytes += part ?? []
        }
        // A hash has more than the 16 bytes.
        self = TopicHash(SHA256Hash.digest(of: bytes)) ?? TopicHash(high: 0, low: 0)
    }
}
