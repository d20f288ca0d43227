import Testing
import WebSockets

@testable import FanoutRelay

struct ProcessStatusTests {
    /// A name may hold anything.
    @Test func `the fields are found behind the name`() throws {
        let text = """
            4242 ((fan) out)) S 1 4242 4242 0 -1 4194560 8000 0 3 0 150 50 0 0 20 0 7 0 1234 900000000 2500 \
            18446744073709551615 1 1 0 0 0 0 0 4096 16386 0 0 0 17 1 0 0 0 0 0 0 0 0 0 0 0 0 0

            """
        let status = try #require(ProcessStatus(parsing: text, ticks: 100, page: 4096))
        #expect(status.processorTime == 2)
        #expect(status.threads == 7)
        #expect(status.start == 12.34)
        #expect(status.virtualBytes == 900_000_000)
        #expect(status.residentBytes == 2500 * 4096)
    }

    @Test(arguments: ["", "1", "1 (name)", "1 (name) S 1 2", "1 (name) S 1 4 4 0 x x x x x x x x x x x x x x x x x"])
    func `what is cut or no number isn't taken`(text: String) {
        #expect(ProcessStatus(parsing: text, ticks: 100, page: 4096) == nil)
    }

    @Test func `this process is told truly`() throws {
        let status = try #require(ProcessStatus.current)
        #expect(status.threads > 0)
        #expect(status.residentBytes > 1 << 20)
        #expect(status.virtualBytes > status.residentBytes)
        let start = try #require(ProcessStatus.startTime)
        #expect(start < Authorizer.now)
        #expect(start > Authorizer.now - 86_400)
    }

    @Test func `an open descriptor is counted`() async throws {
        let before = try #require(DescriptorLimit.open)
        #expect(before > 2 && before < DescriptorLimit.current)
    }

    @Test func `the thread of a loop tells its time until it stops`() async throws {
        let loop = try EventLoop(name: "busy")
        let first = try #require(loop.threadTime)
        await Task(executorPreference: loop) {
            while EventLoop.processorTime < first + .milliseconds(20) {}
        }.value
        #expect(try #require(loop.threadTime) >= first + .milliseconds(20))
        await loop.stop()
        #expect(loop.threadTime == nil)
    }
}
