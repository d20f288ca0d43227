internal import Fanout
internal import GraphQLSession
internal import GraphQLTransport
internal import WebSockets

/// What the runner keeps of a topic that clients asked for.
struct ClientTopic {
    let key: OperationKey
    let request: GraphQLRequest
    let network: ClientNetwork
    let epoch: String
    /// The shards that want it, and their numbers for it.
    var shards: [Int: UInt64]
    /// What a shard is handed that wants it too.
    var history: Backlog
    /// Those of them where nobody listens, and since when that is so of all.
    var idleOn: Set<Int> = []
    var idleSince: Duration?
    /// True while the shards are asked whether they can do without it.
    var isReclaimed = false
    /// Its try on the link, until the server has said something to it.
    var sending: Quarantine.Sending?
    /// True once the server has: the link isn't lost by it.
    var isProven = false
}
