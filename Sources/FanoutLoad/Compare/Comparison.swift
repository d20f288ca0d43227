import CommandSupport

/// The measured rounds of base and relay.
struct Comparison {
    /// A round: both servers, one after the other.
    struct Round {
        /// Nil when there is no base.
        var base: Measurement?
        var relay: Measurement
    }

    let plan: ComparisonPlan
    private(set) var rounds: [Round] = []

    init(_ plan: ComparisonPlan) {
        self.plan = plan
    }

    /// Adds a round.
    mutating func add(_ round: Round) { rounds.append(round) }

    /// A figure of the base over all rounds.
    func base(_ figure: Figure) -> Spread? { Spread(rounds.compactMap { $0.base?.figures[figure] }) }

    /// A figure of the relay over all rounds.
    func relay(_ figure: Figure) -> Spread? { Spread(rounds.compactMap { $0.relay.figures[figure] }) }

    /// The relay's figure divided by the base's, round by round.
    func ratio(_ figure: Figure) -> Spread? { paired(figure) { $1 > 0 ? $0 / $1 : nil } }

    /// The relay's figure minus the base's, round by round.
    func difference(_ figure: Figure) -> Spread? { paired(figure) { $0 - $1 } }

    private func paired(_ figure: Figure, _ combine: (Double, Double) -> Double?) -> Spread? {
        Spread(
            rounds.compactMap { round in
                guard let base = round.base?.figures[figure], let relay = round.relay.figures[figure] else {
                    return nil
                }
                return combine(relay, base)
            }
        )
    }

    /// The requirements that weren't met, a sentence each.
    var failures: [String] {
        let rounds = rounds.enumerated().flatMap { index, round in
            (round.base?.failures ?? []).map { "round \(index + 1), \(plan.base.name): \($0)" }
                + round.relay.failures.map { "round \(index + 1), relay: \($0)" }
        }
        return rounds + plan.bars.compactMap { $0.failure(in: self) }
    }

    /// Notes for the reader of the figures, a sentence each.
    var notes: [String] {
        let place = plan.serverProcessor == nil ? "nothing is pinned" : "on its own core"
        var notes = [
            "the tool is also the relay's upstream, \(place): all the relay's threads count, and nothing else does"
        ]
        if plan.base == .floor {
            notes.append(
                "the floor makes its events itself and sends each with one call; both in frames of the same size"
            )
        }
        let limited = rounds.count { $0.relay.isLimitedByTool }
        if limited > 0 {
            let rounds = "\(limited) of \(rounds.count) rounds"
            notes.append("the tool was the limit of the relay's closed loop in \(rounds): the relay can do more")
        }
        if plan.neverReading > 0 {
            let closed = rounds.map { NumberText.grouped($0.relay.closedSlow) }.joined(separator: ", ")
            notes.append(
                "of the relay's clients \(NumberText.grouped(plan.neverReading)) never read; closed by it: \(closed)"
            )
        }
        if rounds.count < plan.runs { notes.append("interrupted after \(rounds.count) of \(plan.runs) rounds") }
        let sizes =
            [(plan.base.name, Spread(rounds.compactMap { $0.base?.eventSize }))]
            + [("relay", Spread(rounds.map(\.relay.eventSize)))]
        let texts = sizes.compactMap { name, size in size.map { "\(name) \(Int($0.median.rounded()))" } }
        if !texts.isEmpty { notes.append("bytes of an event's text: \(texts.joined(separator: ", "))") }
        return notes
    }
}
