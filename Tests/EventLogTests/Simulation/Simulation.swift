import TestSupport

@testable import EventLog

/// Three relays, a log and a server in a world where messages are lost, slow and repeated, and everything may stop.
///
/// Times are in microseconds.
final class Simulation {
    let plan: SimulationPlan
    /// Tells what is under way in a log from what was before it was rewound.
    var world = 0
    private(set) var random: SplitMix
    private(set) var now = 0
    private(set) var agenda = Agenda()
    var log = SimulatedLog()
    var upstream: Upstream
    private(set) var nodes: [SimulatedNode] = []
    var tally = SimulationTally()
    /// What must not be; empty if all is well.
    private(set) var faults: [String] = []
    /// Until when the log's servers don't answer.
    var downUntil = 0
    /// Whether things still go wrong.
    private(set) var isRough = true
    /// Who leads in which term.
    var leaders: [UInt64: String] = [:]
    /// How many gaps leaders had to tell.
    var causedGaps = 0
    /// How many operations were started.
    var operations = 0
    /// The node that gets ready to lead.
    var successor: String?
    private static let names = ["a", "b", "c"]

    init(_ plan: SimulationPlan) {
        self.plan = plan
        random = SplitMix(seed: plan.seed &+ 1)
        upstream = Upstream(topics: plan.topics)
        nodes = Self.names.map { SimulatedNode(name: $0, member: member(named: $0)) }
        for node in nodes { node.judge.mayRewind = plan.isRewound }
    }

    // MARK: Chance and time

    func chance(_ probability: Double) -> Bool { Double.random(in: 0..<1, using: &random) < probability }

    func number(in range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &random) }

    var clock: Duration { .microseconds(now) }
    var wall: UInt64 { UInt64(now / 1000) + 1_790_000_000_000 }

    func enter(after delay: Int, _ action: @escaping () -> Void) { agenda.enter(at: now + delay, action) }

    func accuse(_ fault: String) { faults.append("\(now / 1000) ms: \(fault)") }

    // MARK: Nodes

    private func member(named name: String) -> LogMember {
        let timing = LogTiming(
            lease: .milliseconds(SimulationPlan.lease),
            acknowledgementTimeout: .milliseconds(plan.acknowledgementTimeout)
        )
        let identity = LeaderIdentity(node: name, incarnation: random.next(), topics: 1)
        var writer = LogWriter(
            identity: identity,
            timing: timing,
            largestMessage: SimulationPlan.largestMessage,
            limits: OutboxLimits(bytes: plan.outbox, payload: 1 << 20),
            now: .microseconds(now)
        )
        writer.rank = Rendezvous.ranking(of: 0, among: Self.names).firstIndex(of: name) ?? 0
        let options = LogReader.Options(batch: plan.batch, buffer: 20_000, missingTimeout: .seconds(5))
        return LogMember(
            reader: LogReader(timing: timing, options: options, now: .microseconds(now)),
            writer: writer,
            state: LogState(largestPayload: 1 << 20)
        )
    }

    /// Has something happen at a node after a while, unless its process has ended by then.
    ///
    /// - Parameters:
    ///   - incarnation: Its process; the present one if it isn't given.
    ///   - byNetwork: Whether it comes over the network to the log, which may be cut.
    func reach(
        _ node: SimulatedNode,
        _ incarnation: UInt64? = nil,
        after delay: Int,
        byNetwork: Bool = true,
        _ action: @escaping () -> Void
    ) {
        let incarnation = incarnation ?? node.incarnation
        let origin = world
        enter(after: delay) { [self] in
            guard !byNetwork || origin == world else { return }
            guard node.isAlive, node.incarnation == incarnation, !byNetwork || node.cutUntil <= now else { return }
            if node.pausedUntil > now { return node.inbox.append(action) }
            action()
        }
    }

    /// Does what a node's machine says, and enters its next tick.
    func perform(_ node: SimulatedNode, _ actions: [LogMember.Action]) {
        for action in actions { perform(node, action) }
        let deadline = max(now, Int(node.member.deadline / .microseconds(1)) + 1)
        if let timer = node.timer, timer > now, timer <= deadline { return }
        node.timer = deadline
        reach(node, after: deadline - now, byNetwork: false) { [self] in
            guard node.timer == deadline || now > deadline else { return }
            node.timer = nil
            perform(node, node.member.tick(time: wall, now: clock))
        }
    }

    private func perform(_ node: SimulatedNode, _ action: LogMember.Action) {
        switch action {
        case .append(let bytes, let expected, let number): append(bytes, after: expected, number, by: node)
        case .read(let sequence): read(sequence, by: node)
        case .fetch(let sequence, let count): fetch(from: sequence, count: count, by: node)
        case .askBounds(let question): askBounds(question, by: node)
        case .tell(let updates): node.judge.take(updates)
        case .won(let term):
            if let other = leaders.updateValue(node.name, forKey: term) {
                accuse("\(other) and \(node.name) lead in term \(term)")
            }
            tally.takeovers += 1
            takeOver(node)
        case .demoted: stepDown(node)
        case .resumed, .lost, .ready: break
        case .rewound:
            if plan.isRewound { node.judge.rewind() } else { accuse("\(node.name) says that the log was rewound") }
        }
    }

    func crash(_ node: SimulatedNode) {
        tally.crashes += 1
        tally.add(node.member)
        node.isAlive = false
        node.formerJudges.append(node.judge)
        enter(after: number(in: 10_000...1_500_000)) { [self] in
            node.incarnation += 1
            node.isAlive = true
            node.member = member(named: node.name)
            node.judge = EdgeJudge()
            node.judge.mayRewind = plan.isRewound
            node.inbox = []
            node.timer = nil
            node.feeds = [:]
            node.pausedUntil = 0
            start(node)
        }
    }

    private func start(_ node: SimulatedNode) {
        if plan.isHot { for topic in upstream.topics { subscribe(node, topic) } }
        perform(node, node.member.tick(time: wall, now: clock))
    }

    // MARK: The run

    /// Runs to the end, with a while of peace before it, and judges.
    func run() {
        for node in nodes { enter(after: number(in: 0...100_000)) { [self] in start(node) } }
        for topic in upstream.topics { enter(after: 1000) { [self] in emit(topic) } }
        enter(after: 1000) { [self] in provoke() }
        let lease = SimulationPlan.lease * 1000
        let end = plan.length * 1000
        let peace = [end + 8 * lease, end + 11 * lease]
        while let (time, action) = agenda.next(), time < peace[1] {
            now = max(now, time)
            isRough = now < end
            if now > peace[0] { isEmitting = false }
            action()
            if !faults.isEmpty { break }
            if let fault = nodes.lazy.compactMap(\.judge.faults.first).first { return accuse(fault) }
        }
        if faults.isEmpty { conclude() }
    }

    private var isEmitting = true

    private func emit(_ topic: TopicHash) {
        guard isEmitting else { return }
        let payload = upstream.emit(topic, isLarge: chance(plan.largeness))
        for node in nodes { bring(payload, of: topic, to: node) }
        enter(after: number(in: 1000...60_000)) { [self] in emit(topic) }
    }

    private func conclude() {
        tally.runs = 1
        tally.events = upstream.newest.values.reduce(0, +)
        let leading = nodes.filter(\.member.writer.isLeader)
        if leading.count != 1 { accuse("\(leading.count) nodes lead in the end") }
        for node in nodes {
            tally.add(node.member)
            for judge in node.formerJudges + [node.judge] {
                tally.gaps += judge.gaps
                tally.needlessGaps += judge.needlessGaps
            }
            // The newest message may be on its way.
            if node.member.reader.head + 1 < log.last {
                accuse("\(node.name) has read to \(node.member.reader.head) of \(log.last)")
            }
            for topic in upstream.topics where !node.judge.knows(upstream.newest[topic], of: topic) {
                accuse("\(node.name) wasn't told of \(upstream.newest[topic] ?? 0)")
            }
            let counts = node.member.state.counts
            if !node.member.state.topicsToRenew.isEmpty { accuse("\(node.name) has numbers that mean two events") }
            tally.rewinds += node.judge.rewinds
            if plan.kept == nil, !plan.isRewound, counts != LogStateCounts() {
                accuse("\(node.name) has met \(counts)")
            }
        }
        judgeLog()
    }

    /// Has somebody read the whole log who comes in the end.
    private func judgeLog() {
        guard !plan.isRewound else { return }
        var (state, judge) = (LogState(largestPayload: 1 << 20), EdgeJudge())
        for (index, bytes) in log.messages.enumerated() {
            guard let message = try? LogMessage(bytes) else { return accuse("message \(index + 1) can't be read") }
            judge.take(state.take(message, at: UInt64(index) + 1))
        }
        for fault in judge.faults { accuse("in the log \(fault)") }
        if state.counts != LogStateCounts() { accuse("in the log there are \(state.counts)") }
        if judge.gaps > causedGaps { accuse("the log tells \(judge.gaps) gaps instead of \(causedGaps)") }
    }
}
