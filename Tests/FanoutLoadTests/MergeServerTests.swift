import Testing

@testable import FanoutLoad

@Suite struct MergeServerTests {
    private static func usage(_ before: Int, _ after: Int, process: Int32 = 7, host: String = "h") -> ServerProbe.Usage
    {
        .init(process: process, host: host, before: .milliseconds(before), after: .milliseconds(after))
    }

    private static func footprint(_ before: Int, _ after: Int) -> Footprint {
        Footprint(
            connections: 5,
            processorBefore: .milliseconds(before),
            processorAfter: .milliseconds(after),
            residentBefore: 1000 * before,
            residentAfter: 1000 * after
        )
    }

    @Test func `one process is taken once, from the first moment to the last`() throws {
        let merged = try MergeTests.merge(
            try MergeTests.summary(server: Self.usage(100, 300), footprint: Self.footprint(10, 40)),
            try MergeTests.summary(start: 5, server: Self.usage(120, 340), footprint: Self.footprint(20, 60))
        )
        #expect(merged.window?.server?.processor == .milliseconds(240))
        #expect(abs((merged.serverCost ?? 0) - 3000) < 1e-6)
        #expect(merged.measured.footprint?.connections == 10)
        #expect(merged.measured.footprint?.handshake == .milliseconds(5))
        #expect(merged.measured.footprint?.bytes == 5000)
        #expect(!merged.notes.contains { $0.contains("left out") })
        #expect(SummaryTable(merged).text.contains("server's CPU seconds"))
    }

    @Test(arguments: [
        (usage(0, 9, process: 8), "7 on h, 8 on h"), (usage(0, 9, host: "i"), "7 on h, 7 on i"),
    ]) func `different processes are left out, with a note`(other: ServerProbe.Usage, names: String) throws {
        let merged = try MergeTests.merge(
            try MergeTests.summary(server: Self.usage(0, 9), footprint: Self.footprint(1, 2)),
            try MergeTests.summary(start: 5, server: other, footprint: Self.footprint(1, 2))
        )
        #expect(merged.window?.server == nil)
        #expect(merged.measured.footprint == nil)
        #expect(
            merged.notes.contains(
                "the server's processor time and memory are left out: the runs watched processes \(names)"
            )
        )
        #expect(SummaryJSON(merged).text.contains(#""server":null"#))
    }

    @Test func `who didn't watch may load the same URL`() throws {
        let watched = try MergeTests.summary(server: Self.usage(0, 9), footprint: Self.footprint(1, 2))
        let merged = try MergeTests.merge(watched, try MergeTests.summary(start: 5))
        #expect(merged.window?.server?.processor == .milliseconds(9))
        #expect(merged.measured.footprint == nil)
        #expect(merged.notes.contains("what a connection costs the server is left out: not every run watched it"))
        let elsewhere = try MergeTests.summary(start: 5) { plan in
            if let other = Endpoint("ws://127.0.0.2/topics/tick") { plan.endpoint = other }
        }
        let apart = try MergeTests.merge(watched, elsewhere)
        #expect(apart.window?.server == nil)
        #expect(apart.notes.contains { $0.contains("not every run watched process 7 on h, and their URLs differ") })
        #expect(apart.terms.servers == "ws://127.0.0.1/topics/tick, ws://127.0.0.2/topics/tick")
    }
}
