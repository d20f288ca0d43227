import Testing
import WebSockets

@testable import FanoutRelay

struct ExecutionPlacesTests {
    private static let networks = (0..<30).map { ClientNetwork.ipv4($0) }

    @Test(arguments: [(1, 1), (2, 1), (10, 9), (19, 18), (100, 90)])
    func `one address leaves places for the others`(limit: Int, share: Int) {
        var places = QueryQuota(limit: limit)
        let own = (0..<limit).count { places.enter(UInt64($0), of: Self.networks[0]) == .taken }
        #expect(own == share)
        let others = (1..<30).count { places.enter(UInt64(1000 + $0), of: Self.networks[$0]) == .taken }
        #expect(others == min(29, limit - share))
    }

    @Test func `a place that was given back can be taken again`() {
        var places = QueryQuota(limit: 2)
        for _ in 0..<3 {
            let entries = [0, 0, 1, 2].map { places.enter(UInt64($0), of: Self.networks[$0]) }
            #expect(entries == [.taken, .refused, .taken, .refused])
            #expect(places.leave(Self.networks[0]) == nil)
            #expect(places.leave(Self.networks[1]) == nil)
            #expect(places.taken == 0)
        }
    }

    @Test func `who finds no place waits, as many as may, and leaves a tenth of the line to others`() {
        var places = QueryQuota(limit: 1, waiting: 10)
        let entries = (0..<12).map { places.enter(UInt64($0), of: Self.networks[0]) }
        #expect(entries == [.taken] + [QueryQuota.Entry](repeating: .waits, count: 9) + [.refused, .refused])
        #expect(places.enter(20, of: Self.networks[1]) == .waits)
        #expect(places.enter(21, of: Self.networks[2]) == .refused)
        #expect(places.waitingCount == 10)
    }

    @Test func `a free place goes to the address that has the fewest, and there to who came first`() {
        var places = QueryQuota(limit: 3, waiting: 10)
        #expect(places.enter(1, of: Self.networks[0]) == .taken)
        #expect(places.enter(2, of: Self.networks[0]) == .taken)
        #expect(places.enter(3, of: Self.networks[1]) == .taken)
        for (number, network) in [(4, 0), (5, 0), (6, 1), (7, 1), (8, 2)] {
            #expect(places.enter(UInt64(number), of: Self.networks[network]) == .waits)
        }
        // The third address has none, then the second has as many as the third.
        #expect(places.leave(Self.networks[0]) == 8)
        #expect(places.leave(Self.networks[1]) == 6)
        #expect(places.leave(Self.networks[0]) == 4)
        #expect(places.taken == 3)
    }

    @Test func `a place that is kept for others is not given to one who waits and has some`() {
        var places = QueryQuota(limit: 2, waiting: 10)
        #expect(places.enter(1, of: Self.networks[0]) == .taken)
        #expect(places.enter(2, of: Self.networks[1]) == .taken)
        #expect(places.enter(3, of: Self.networks[0]) == .waits)
        #expect(places.leave(Self.networks[1]) == nil)
        #expect(places.enter(4, of: Self.networks[2]) == .taken)
        #expect(places.leave(Self.networks[0]) == 3)
    }

    @Test func `who waits no longer gets no place, and leaves room in the line`() {
        var places = QueryQuota(limit: 1, waiting: 1)
        #expect(places.enter(1, of: Self.networks[0]) == .taken)
        #expect(places.enter(2, of: Self.networks[1]) == .waits)
        let withdrawn = [2, 2, 1].map { places.withdraw($0) }
        #expect(withdrawn == [true, false, false])
        #expect(places.enter(3, of: Self.networks[2]) == .waits)
        #expect(places.leave(Self.networks[0]) == 3)
    }
}
