import Testing

@testable import FanoutRelay

/// What the log's limits are about to pass is said again in time.
struct LogRenewalTests {
    @Test func `a quiet topic is said again while half of the log's time is left`() {
        var renewal = LogRenewal(bytes: 1 << 30, age: .seconds(160), now: .zero)
        var due: [(Int, LogRenewal.Due)] = []
        for second in 1...200 {
            let position = UInt64(second)
            if let next = renewal.due(position: position, bytes: second, now: .seconds(second)) {
                due.append((second, next))
            }
        }
        #expect(due.map(\.0) == Array(stride(from: 10, through: 200, by: 10)))
        #expect(due.prefix(8).allSatisfy { $0.1.through == nil })
        // What was read by then is 80 s old, of 160.
        #expect(due.dropFirst(8).map(\.1.through) == stride(from: UInt64(10), through: 120, by: 10).map { $0 })
    }

    @Test func `so it is by its bytes, however much comes at once`() {
        var renewal = LogRenewal(bytes: 1600, age: .seconds(600), now: .zero)
        #expect(renewal.due(position: 1, bytes: 99, now: .seconds(1)) == nil)
        #expect(renewal.due(position: 2, bytes: 100, now: .seconds(1)) == LogRenewal.Due(through: nil))
        #expect(renewal.due(position: 3, bytes: 850, now: .seconds(1)) == LogRenewal.Due(through: nil))
        #expect(renewal.due(position: 4, bytes: 2000, now: .seconds(1)) == LogRenewal.Due(through: 3))
    }
}
