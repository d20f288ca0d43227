import Testing

@testable import FanoutLoad

@Suite struct PaceTests {
    @Test(
        arguments: [
            (Pace(rate: 50), 0, 0, 1), (Pace(rate: 50), 19, 1, 0), (Pace(rate: 50), 20, 1, 1),
            (Pace(rate: 50), 1000, 1, 50), (Pace(rate: 50, burst: 10), 199, 10, 0),
            (Pace(rate: 50, burst: 10), 200, 10, 10),
            (Pace(rate: 1_000_000), 1000, 0, Pace.most), (Pace(rate: 50), 0, 100, 0),
        ] as [(Pace, Int, UInt64, Int)]
    )
    func `events fall due at the rate, in bursts`(pace: Pace, milliseconds: Int, made: UInt64, due: Int) {
        #expect(pace.due(elapsed: .milliseconds(milliseconds), made: made, complete: 0) == due)
    }

    @Test(arguments: [(0, 0, 8), (8, 0, 0), (8, 3, 3), (8, 8, 8), (3, 9, 8)] as [(UInt64, UInt64, Int)])
    func `a closed loop keeps so many on their way`(made: UInt64, complete: UInt64, due: Int) {
        #expect(Pace.inFlight(8).due(elapsed: .zero, made: made, complete: complete) == due)
    }

    @Test(arguments: [1, 999_999_999] as [UInt64])
    func `payloads are as long as asked, and readable`(number: UInt64) {
        var bytes: [UInt8] = []
        EventPayload(size: 200).append(number, at: 1_764_000_000_000_123, to: &bytes)
        #expect(bytes.count == 200)
        #expect(NumberSearch(name: "n").first(in: bytes.span) == Int64(number))
        var search = TimestampSearch(name: "at")
        #expect(search.microseconds(in: bytes.span) == 1_764_000_000_000_123)
        #expect(EventPayload.shortest <= 80)
    }

    @Test(arguments: [10, 200, 100_000])
    func `the floor's frames are those of a plain relay`(size: Int) throws {
        var bytes: [UInt8] = []
        FloorEvent.append(number: 123_456_789, size: size, time: 7000, to: &bytes)
        var (client, script) = try LoadClientTests.open(.plain)
        client.receive(bytes.span, script: script)
        #expect(client.counts.deliveries == 1)
        #expect(client.counts.unnumbered == 0)
        if size >= 200 { #expect(bytes.count == size + (size < 65_536 ? 4 : 10)) }
    }

    @Test func `roles are spread evenly and counted exactly`() {
        for connections in [6, 100, 997] {
            let roles = Roles(neverReading: 3, crawling: 2, churning: 1)
            let all = (0..<connections).map { roles.role(of: $0, among: connections) }
            #expect(all.count { $0 == .neverReads } == 3)
            #expect(all.count { $0 == .crawls } == 2)
            #expect(all.count { $0 == .churns } == 1)
            #expect((2...3).contains(all.prefix(connections / 2).count { $0 != .reads }))
        }
    }

    @Test func `what is due comes in order, and not before`() {
        var queue = DueQueue()
        let start = ContinuousClock.now
        for index in 0..<10_000 { queue.add(index, due: start + .milliseconds(index)) }
        var taken: [Int] = []
        while let index = queue.next(start + .milliseconds(6000)) { taken.append(index) }
        #expect(taken == Array(0...6000))
        while let index = queue.next(start + .seconds(60)) { taken.append(index) }
        #expect(taken == Array(0..<10_000))
        #expect(queue.isEmpty)
    }
}
