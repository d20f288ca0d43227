/// The rounds of floor against relay.
struct Comparison {
    /// One round: both servers, one after the other.
    struct Round {
        var floor: Measurement
        var relay: Measurement
    }

    let plan: ComparisonPlan
    private(set) var rounds: [Round] = []

    init(_ plan: ComparisonPlan) {
        self.plan = plan
    }

    /// Adds a round.
    mutating func add(_ round: Round) { rounds.append(round) }

    /// A figure of the floor over all rounds.
    func floor(_ figure: Figure) -> Spread? { Spread(rounds.compactMap { $0.floor.figures[figure] }) }

    /// A figure of the relay over all rounds.
    func relay(_ figure: Figure) -> Spread? { Spread(rounds.compactMap { $0.relay.figures[figure] }) }

    /// The relay's figure divided by the floor's, round by round.
    func ratio(_ figure: Figure) -> Spread? {
        Spread(
            rounds.compactMap { round in
                guard let floor = round.floor.figures[figure], let relay = round.relay.figures[figure], floor > 0 else {
                    return nil
                }
                return relay / floor
            }
        )
    }

    /// The relay's p99 less the floor's, in milliseconds, round by round.
    var added: Spread? {
        Spread(
            rounds.compactMap { round in
                guard let floor = round.floor.figures[.p99], let relay = round.relay.figures[.p99] else { return nil }
                return relay - floor
            }
        )
    }

    /// What did not hold, a sentence each.
    var failures: [String] {
        rounds.enumerated().flatMap { index, round in
            round.floor.failures.map { "round \(index + 1), floor: \($0)" }
                + round.relay.failures.map { "round \(index + 1), relay: \($0)" }
        }
    }

    /// What a reader of the figures should know, a sentence each.
    var notes: [String] {
        var notes = [
            "the tool is also the relay's upstream, on its own core: all the relay's threads count, and nothing else does",
            "the floor makes its events itself and sends each with one call; both in frames of the same size",
        ]
        let limited = rounds.count { $0.relay.isLimitedByTool }
        if limited > 0 {
            let rounds = "\(limited) of \(rounds.count) rounds"
            notes.append("the tool was the limit of the relay's closed loop in \(rounds): the relay can do more")
        }
        if rounds.count < plan.runs { notes.append("interrupted after \(rounds.count) of \(plan.runs) rounds") }
        if let floor = Spread(rounds.map(\.floor.eventSize)), let relay = Spread(rounds.map(\.relay.eventSize)) {
            let sizes = [floor, relay].map { Int($0.median.rounded()) }
            notes.append("bytes of an event's text: floor \(sizes[0]), relay \(sizes[1])")
        }
        return notes
    }
}
