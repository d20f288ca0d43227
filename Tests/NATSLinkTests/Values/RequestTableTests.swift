import Testing

@testable import NATSLink

struct RequestTableTests {
    private final class Log {
        var outcomes: [String] = []

        func receiver(_ name: String) -> RequestTable.Receiver {
            { answer in
                self.outcomes.append("\(name) \(answer)")
                return false
            }
        }
    }

    @Test func `requests expire in order, each once, at their own deadlines`() {
        let log = Log()
        var table = RequestTable()
        #expect(table.nextDeadline == nil)
        _ = table.add(limit: .seconds(3), at: .zero, receive: log.receiver("a"))
        _ = table.add(limit: .seconds(1), at: .zero, receive: log.receiver("b"))
        _ = table.add(limit: .seconds(1), at: .zero, receive: log.receiver("c"))
        #expect(table.nextDeadline == .seconds(1))
        #expect(table.expired(at: .milliseconds(999)).isEmpty)
        for receive in table.expired(at: .seconds(1)) { _ = receive(.timedOut) }
        #expect(log.outcomes == ["b timedOut", "c timedOut"])
        #expect(table.nextDeadline == .seconds(3))
        #expect(table.count == 1)
        for receive in table.removeAll() { _ = receive(.connectionLost) }
        #expect(log.outcomes.last == "a connectionLost")
        #expect(table.count == 0)
    }

    @Test func `a request is answered once, and never by another one's answer`() {
        let log = Log()
        var table = RequestTable()
        let numbers = ["a", "b"].map { table.add(limit: .seconds(1), at: .zero, receive: log.receiver($0)) }
        #expect(table.take(numbers[1])?.receive(.noResponders) == false)
        #expect(table.take(numbers[1]) == nil)
        #expect(table.take(77) == nil)
        #expect(log.outcomes == ["b noResponders"])
        #expect(table.add(limit: .seconds(1), at: .zero, receive: log.receiver("c")) > numbers[1])
    }

    @Test func `the time of one that awaits more begins anew`() {
        var table = RequestTable()
        let number = table.add(limit: .seconds(2), at: .zero) { _ in true }
        guard let request = table.take(number) else {
            Issue.record("it is gone")
            return
        }
        table.awaitMore(number, request, at: .seconds(1))
        #expect(table.nextDeadline == .seconds(3))
    }
}
