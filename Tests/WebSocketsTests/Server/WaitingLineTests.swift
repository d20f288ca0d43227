import Testing

@testable import WebSockets

@Suite struct WaitingLineTests {
    private static func network(_ number: UInt32) -> ClientNetwork { .ipv4(number) }

    /// A line of these networks, one arrival each second; an element is its number, and its place is the same.
    private static func line(_ networks: [UInt32]) -> WaitingLine<Int> {
        var line = WaitingLine<Int>()
        for (index, number) in networks.enumerated() {
            #expect(line.append(index, from: network(number), at: .seconds(index)) == index)
        }
        return line
    }

    @Test func `the order is that of arrival, whoever leaves`() {
        var line = Self.line([1, 1, 2, 3])
        #expect(line.all == [0, 1, 2, 3])
        line.remove(1)
        line.remove(3)
        #expect(line.all == [0, 2])
        #expect(line.append(9, from: Self.network(1), at: .seconds(9)) == 3)
        #expect(line.append(8, from: Self.network(1), at: .seconds(9)) == 1)
        #expect(line.all == [0, 2, 9, 8])
        line.remove(0)
        #expect(line.first?.element == 2)
        #expect(line.first?.since == .seconds(2))
        for place in [2, 3, 1] { line.remove(place) }
        #expect(line.first == nil)
        #expect(line.mostDispensable == nil)
        #expect(line.all.isEmpty)
        #expect(line.count == 0)
    }

    @Test(
        arguments: [
            ([1], 0), ([1, 2, 3], 0), ([1, 2, 2, 2], 1), ([1, 2, 3, 3], 2), ([1, 2, 1, 2], 0),
            ([1, 2, 3, 4, 5, 5, 5, 5], 4),
        ] as [([UInt32], Int)]
    )
    func `whoever has more than its share makes room, its oldest first`(networks: [UInt32], element: Int) {
        #expect(Self.line(networks).mostDispensable?.element == element)
    }

    @Test func `shares follow who is left`() {
        var line = Self.line([1, 2, 2, 3, 3, 3])
        #expect(line.mostDispensable?.element == 1)
        line.remove(1)
        line.remove(2)
        #expect(line.mostDispensable?.element == 3)
    }
}
