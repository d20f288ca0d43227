import FanoutRelay
import GraphQLSession

extension Configuration {
    /// Where flags take their defaults from; its upstream, topics and shards stand for none.
    static let defaults = Configuration(upstream: (try? Endpoint(parsing: "ws://localhost/"))!, topics: [], shards: 1)
}
