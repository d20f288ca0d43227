import Testing
import WebSockets

@testable import FanoutRelay

struct ExecutionPlacesTests {
    private static let networks = (0..<30).map { ClientNetwork.ipv4($0) }

    @Test(arguments: [(1, 1), (2, 1), (10, 9), (19, 18), (100, 90)])
    func `one address leaves places for the others`(limit: Int, share: Int) {
        var places = ExecutionPlaces(limit: limit)
        let own = (0..<limit).count { _ in places.take(Self.networks[0]) }
        #expect(own == share)
        let others = (1..<30).count { places.take(Self.networks[$0]) }
        #expect(others == min(29, limit - share))
    }

    @Test func `a place that was given back can be taken again`() {
        var places = ExecutionPlaces(limit: 2)
        for _ in 0..<3 {
            let taken = [0, 0, 1, 2].map { places.take(Self.networks[$0]) }
            #expect(taken == [true, false, true, false])
            places.leave(Self.networks[0])
            places.leave(Self.networks[1])
            #expect(places.taken == 0)
        }
    }
}
