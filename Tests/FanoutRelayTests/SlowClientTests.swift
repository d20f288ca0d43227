import Testing

@testable import FanoutRelay

struct SlowClientTests {
    static func client(_ lag: UInt64) -> SlowClient {
        SlowClient(number: UInt32(lag), peer: "127.0.0.1", protocol: "fanout.v1.json", lag: lag, subscriptions: 1)
    }

    @Test(
        arguments: [
            ([3, 1, 2], [3, 2, 1]), ([], []), ([5, 5], [5, 5]), (Array(1...12), Array((3...12).reversed())),
            (Array((1...12).reversed()), Array((3...12).reversed())),
        ] as [([UInt64], [UInt64])]
    )
    func `the ten that lack the most are kept, the worst first`(lags: [UInt64], kept: [UInt64]) {
        var list: [SlowClient] = []
        var asked = 0
        for lag in lags {
            SlowClient.add(lag, to: &list) {
                asked += 1
                return Self.client(lag)
            }
        }
        #expect(list.map(\.lag) == kept)
        #expect(asked >= kept.count)
    }
}
