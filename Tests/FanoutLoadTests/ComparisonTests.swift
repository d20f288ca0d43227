import CommandSupport
import Testing

@testable import FanoutLoad

@Suite struct ComparisonTests {
    /// Rounds in which nothing was measured but what the plan says.
    private static func comparison(
        base: ComparisonBase = .floor,
        rounds: [(base: Measurement?, relay: Measurement)],
        bars: [String] = []
    ) throws -> Comparison {
        var plan = ComparisonPlan(
            relay: "relay",
            relayArguments: [],
            clientProtocol: .plain,
            connections: 10,
            runs: rounds.count,
            duration: .seconds(1),
            rate: 1,
            burst: 1,
            inFlight: nil,
            size: 200,
            serverProcessor: nil,
            clientProcessor: nil,
            sources: []
        )
        plan.base = base
        plan.bars = try bars.map(Bar.init)
        var comparison = Comparison(plan)
        for round in rounds { comparison.add(.init(base: round.base, relay: round.relay)) }
        return comparison
    }

    private static func measured(_ figures: [Figure: Double]) -> Measurement {
        var measurement = Measurement()
        for (figure, value) in figures { measurement.note(figure, value) }
        return measurement
    }

    @Test(arguments: [
        ("cost/base <= 1.05", 1), ("cost/base <= 1.3", 0), ("p99-base <= 1ms", 1), ("p99-base<=2500us", 0),
        ("memory <= 2500", 0), ("memory < 2400", 1), ("handshake <= 50us", 0), ("handshake <= 0.03ms", 1),
        ("saturated/base >= 16", 1), ("growth == 0", 1),
    ])
    func `a bar holds or is a line with median and ends`(text: String, failures: Int) throws {
        let floor = Self.measured([.cost: 4, .p99: 8, .handshake: 20])
        let relay = Self.measured([.cost: 5, .p99: 10, .handshake: 40, .memory: 2400])
        let comparison = try Self.comparison(rounds: [(floor, relay), (floor, relay), (floor, relay)], bars: [text])
        #expect(comparison.failures.count == failures)
        #expect(comparison.failures.allSatisfy { $0.hasPrefix("required \(text), but it ") })
    }

    @Test func `the median of the rounds' ratios counts, and the line names the ends`() throws {
        let rounds = [(4.0, 4.0), (4, 8), (2, 3)].map { base, relay in
            (base: Optional(Self.measured([.cost: base])), relay: Self.measured([.cost: relay]))
        }
        let comparison = try Self.comparison(rounds: rounds, bars: ["cost/base <= 1.5", "cost/base < 1.5"])
        #expect(comparison.failures == ["required cost/base < 1.5, but it is 1.50 (1.00 to 2.00)"])
    }

    @Test func `a relay alone has a column of its own and no ratios`() throws {
        let relay = Self.measured([.memory: 2400])
        let comparison = try Self.comparison(base: .none, rounds: [(nil, relay)], bars: ["memory <= 2500"])
        #expect(comparison.failures == [])
        #expect(
            ComparisonText(comparison).rows == [["", "relay"], ["bytes / idle connection", "2,400 (2,400 to 2,400)"]]
        )
        #expect(ComparisonText(comparison).json.contains(#""base":"none""#))
    }

    @Test func `a page has the ratios, each figure's plot, and what did not hold`() throws {
        let rounds = [(4.0, 4.4), (4, 4.8)].map { base, relay in
            (base: Optional(Self.measured([.cost: base])), relay: Self.measured([.cost: relay, .memory: 2400]))
        }
        let text = ComparisonPage(try Self.comparison(rounds: rounds, bars: ["cost/base <= 1.1"])).document.text
        #expect(text.contains("<b>× 1.15</b>CPU s / million deliveries, to the floor's"))
        #expect(text.contains("required cost/base &lt;= 1.1, but it is 1.15 (1.10 to 1.20)"))
        #expect(text.contains("<td>2,400 (2,400 to 2,400)</td>"))
        #expect(text.split(separator: "<svg ").count == 1 + 2)
        #expect(text.split(separator: "<polyline ").count == 1 + 3)
        #expect(!text.contains("http"))
    }

    @Test(arguments: [
        ("cost", "allowed: < <= >"), ("price < 1", "allowed: cost p99"), ("cost/floor < 1", "allowed: < <= >"),
        ("p99-base < 1", "allowed: like 500us"), ("p99/base < 1ms", "allowed: digits"), ("", "allowed: cost"),
    ])
    func `a mistake in a bar is answered with what is allowed there`(text: String, words: String) {
        let mistake = #expect(throws: Requirement.Mistake.self) { try Bar(text) }
        #expect(mistake?.description.contains(words) == true)
    }

    @Test(arguments: [
        ["--base", "relay"], ["--base-argument=--shards"], ["--base", "none", "--base-argument=--shards"],
        ["--base", "none", "--require", "cost/base < 2"], ["--never-read", "100%"], ["--never-read", "1000"],
        ["--require", "cost"], ["--connect-burst", "0"], ["--protocol", "sse"],
    ])
    func `bad flags of a comparison end with 64`(arguments: [String]) {
        let complaint = Complaint(
            about: ["compare", "--relay", "./relay", "--no-pin"] + arguments,
            of: FanoutLoadCommand.self
        )
        #expect(complaint?.exitCode == 64)
        #expect(complaint?.line.contains("allowed") == true)
    }

    @Test(arguments: [
        ["--base", "./old", "--base-argument=--shards", "--base-argument=2"], ["--never-read", "10%"],
        ["--base", "none", "--require", "memory <= 2500"], ["--require", "cost/base <= 1.05", "--connect-burst", "9"],
    ])
    func `good flags of a comparison earn no complaint`(arguments: [String]) {
        #expect(
            Complaint(about: ["compare", "--relay", "./relay", "--no-pin"] + arguments, of: FanoutLoadCommand.self)?
                .line == nil
        )
    }
}
