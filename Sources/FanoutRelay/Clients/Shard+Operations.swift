internal import Fanout
internal import GraphQLTransport
internal import WebSockets

/// Which topic a client's operation joins.
extension Shard {
    /// The operator's topic of a name.
    func configuredTopic(named name: Substring) -> Int? { operations.slot(named: name) }

    /// Finds the topic that an operation joins, or has one made for it where clients' own become topics.
    ///
    /// - Parameter peer: The address of the client, who may ask for a topic of its own.
    func find(_ request: GraphQLRequest, from peer: String) -> Result<Int, OperationRefusal> {
        switch operations.find(request, in: demand) {
        case .topic(let slot): .success(slot)
        case .wanted(let key):
            .success(requestTopic(request.with(readExtensions: nil), key, from: ClientNetwork(of: peer)))
        case .refused(let refusal): .failure(refusal)
        }
    }
}
