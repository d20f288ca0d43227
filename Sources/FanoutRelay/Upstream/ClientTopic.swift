internal import Fanout
internal import GraphQLSession
internal import GraphQLTransport
internal import WebSockets

/// What the runner keeps of a client topic.
struct ClientTopic {
    let key: OperationKey
    let request: GraphQLRequest
    let network: ClientNetwork
    /// The shards that requested the topic, with the numbers of their requests.
    var shards: [Int: UInt64]
    /// The history that another shard gets when it requests the topic.
    var history: Backlog
    /// The shards on which it has no subscriber; `idleSince` is set while that's all of them.
    var idleOn: Set<Int> = []
    var idleSince: Duration?
    /// True while the shards are asked whether the topic may end.
    var isReclaimed = false
    /// Its number in the quarantine, until the server has answered the operation.
    var sending: Quarantine.Sending?
    /// True once the operation is proven not to break the link.
    var isProven = false
}
