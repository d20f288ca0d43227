import GraphQLSession
import GraphQLTransport

extension PayloadBatch {
    /// The payloads as text.
    var texts: [String] { map { String(decoding: $0, as: UTF8.self) } }
}
