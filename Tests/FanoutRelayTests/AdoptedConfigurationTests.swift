import GraphQLSession
import Testing

@testable import FanoutRelay

/// What a reload takes over of another configuration, and what it says needs a restart.
struct AdoptedConfigurationTests {
    private static func configuration(_ adjust: (inout Configuration) -> Void) throws -> Configuration {
        let endpoint = try Endpoint(parsing: "ws://127.0.0.1:1/graphql")
        var configuration = Configuration(upstream: endpoint, topics: [], shards: 1)
        adjust(&configuration)
        return configuration
    }

    @Test func `the first key set needs a restart, also beside a hook`() throws {
        let former = try Self.configuration {
            $0.hook = HookLocation(url: "http://127.0.0.1:1/")
            $0.authorizer = Authorizer(asksHook: true)
        }
        var next = former
        next.keySet = KeySetLocation(url: "http://127.0.0.1:2/")
        let (adopted, fixed) = former.adopting(next, within: Configuration.Reserve(of: former))
        #expect(fixed == [.credentials])
        #expect(adopted.keySet == nil && adopted.hook == former.hook)
        let (back, none) = next.adopting(former, within: Configuration.Reserve(of: next))
        #expect(none.isEmpty && back.keySet == nil)
    }
}
