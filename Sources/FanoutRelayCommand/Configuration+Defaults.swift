import FanoutRelay
import GraphQLSession

extension Configuration {
    /// The defaults of flags; its upstream, topics and shards are placeholders.
    static let defaults = Configuration(upstream: (try? Endpoint(parsing: "ws://localhost/"))!, topics: [], shards: 1)
}
