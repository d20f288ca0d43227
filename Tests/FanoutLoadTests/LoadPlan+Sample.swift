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
        LoadPlan(
            endpoint: try #require(Endpoint("ws://127.0.0.1/topics/tick")),
            clientProtocol: clientProtocol,
            connections: connections,
            neverReading: neverReading,
            connectRate: nil,
            duration: .seconds(1),
            events: events,
            receiveBuffer: nil,
            pingInterval: .seconds(1),
            handshakeTimeout: .seconds(1),
            sequenceKey: "n",
            subscription: .init(query: "subscription { \"t\" }", operationName: nil, variables: "{\"a\":1}", id: .same),
            headers: []
        )
    }
}
