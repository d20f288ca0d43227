import Testing

@testable import FanoutLoad

@Suite struct SummaryTests {
    static func summary(
        _ frames: [String],
        events: UInt64? = nil,
        neverReads: Bool = false,
        close: UInt16? = nil,
        requirements: [Requirement] = []
    ) throws -> Summary {
        var (client, script) = try LoadClientTests.open(.plain)
        for frame in frames { client.receive(LoadClientTests.text(frame).span, script: script) }
        if let close { client.lost(.close(close)) }
        client.leave()
        var link = Link(index: 0, role: neverReads ? .neverReads : .reads)
        link.client = client
        var plan = try LoadPlan.sample(neverReading: neverReads ? 1 : 0, events: events)
        plan.requirements = requirements
        return Summary(plan: plan, links: [link], window: nil, wasInterrupted: false)
    }

    static func event(_ number: Int) -> String { #"{"type":"event","epoch":"e","sequence":\#(number),"payload":{}}"# }

    @Test func `numbers in order hold`() throws {
        let summary = try Self.summary([Self.event(4), Self.event(5)])
        #expect(summary.failures.isEmpty)
        #expect(summary.opened == 1)
        #expect(summary.deliveries == [2])
        #expect(SummaryTable(summary).text.hasSuffix("all held\n"))
    }

    @Test(arguments: [
        ([event(1), event(3)], "1 events lost"),
        ([event(1), event(1)], "1 events duplicated"),
        ([event(1), event(3), event(2)], "1 events reordered"),
        ([#"{"type":"event"}"#], "1 deliveries carried no number"),
        ([#"{"type":"error","payload":"\u0007"}"#], "1 operations failed"),
        (["[]"], "1 text frames had no readable type"),
    ])
    func `each kind of harm fails the run`(frames: [String], words: String) throws {
        let summary = try Self.summary(frames)
        #expect(summary.failures.count == 1)
        #expect(summary.failures.first?.hasPrefix(words) == true)
        #expect(SummaryJSON(summary).text.hasPrefix(#"{"held":false,"failures":["1 "#))
    }

    @Test func `a reader that is closed fails the run, a connection that never reads does not`() throws {
        let reader = try Self.summary([Self.event(1)], close: 1013)
        #expect(reader.closed == ["1013": 1])
        #expect(reader.failures == ["1 readers were closed by the server"])
        let stalled = try Self.summary([Self.event(1), Self.event(9)], neverReads: true, close: 1013)
        #expect(stalled.closedSlow == ["1013": 1])
        #expect(stalled.failures.isEmpty)
    }

    @Test func `too few events fail the run only if so many were asked for`() throws {
        #expect(try Self.summary([Self.event(1)], events: 2).failures.count == 1)
        #expect(try Self.summary([Self.event(1), Self.event(2)], events: 2).failures.isEmpty)
    }

    @Test func `a run without deliveries says so`() throws {
        #expect(try Self.summary([]).notes == ["nothing was delivered: there was no order to check"])
    }

    @Test func `JSON strings are escaped`() {
        #expect(JSONText.quote("a\"\\\n\u{1}é") == "\"a\\\"\\\\\\n\\u0001é\"")
    }
}
