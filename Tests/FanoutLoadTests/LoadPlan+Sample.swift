import Testing

@testable import FanoutLoad

extension LoadPlan {
    /// A plan for tests, which connect to nothing.
    static func sample(
        _ clientProtocol: ClientProtocol = .plain,
        connections: Int = 1,
        neverReading: Int = 0,
        events: UInt64? = nil
    ) throws -> LoadPlan {
        let endpoint = try #require(Endpoint("ws://127.0.0.1/topics/tick"))
        var plan = LoadPlan(endpoint: endpoint, connections: connections, duration: .seconds(1))
        plan.clientProtocol = clientProtocol
        plan.roles.neverReading = neverReading
        plan.events = events
        plan.pingInterval = .seconds(1)
        plan.sequenceKey = "n"
        plan.subscription = .init(query: "subscription { \"t\" }", variables: "{\"a\":1}", id: .same)
        return plan
    }
}
