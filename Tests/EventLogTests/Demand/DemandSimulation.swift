import TestSupport

@testable import EventLog

/// Relays that want topics, and some that may lead, in a world where messages are lost, late and repeated.
///
/// Times are in microseconds.
final class DemandSimulation {
    /// One relay's side.
    final class Relay {
        struct Wish {
            let number: Int
            let since: Int
        }

        let name: String
        var sender: DemandSender
        var incarnation: UInt64
        var isAlive = true
        var isConnected = true
        var wishes: [TopicHash: Wish] = [:]
        var timer: Int?

        init(name: String, sender: DemandSender) {
            self.name = name
            self.sender = sender
            incarnation = sender.relay.incarnation
        }
    }

    /// The side of one that may lead.
    final class Candidate {
        let name: String
        var table = DemandTable(timing: timing)
        var judge = DemandJudge()
        var adopted: Set<TopicHash> = []
        var isConnected = true
        var timer: Int?

        init(name: String) { self.name = name }
    }

    static let timing = LogTiming(lease: .milliseconds(DemandPlan.lease))
    let plan: DemandPlan
    private(set) var random: SplitMix
    private(set) var now = 0
    private var agenda = Agenda()
    private(set) var relays: [Relay] = []
    var candidates: [Candidate] = []
    var leader: Candidate
    var term: UInt64 = 0
    /// The topics that the log says are running.
    var running: Set<TopicHash> = []
    var tally = DemandTally()
    /// What must not be; empty if all is well.
    private(set) var faults: [String] = []
    private(set) var isRough = true
    private var wishes = 0

    init(_ plan: DemandPlan) {
        self.plan = plan
        random = SplitMix(seed: plan.seed &+ 1)
        candidates = (0..<plan.tables).map { Candidate(name: "table \($0)") }
        leader = candidates[0]
        relays = (0..<plan.relays).map { Relay(name: "relay-\($0)", sender: sender("relay-\($0)", 1000)) }
    }

    // MARK: Chance and time

    func chance(_ probability: Double) -> Bool { Double.random(in: 0..<1, using: &random) < probability }

    func number(in range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &random) }

    var clock: Duration { .microseconds(now) }

    func enter(after delay: Int, _ action: @escaping () -> Void) { agenda.enter(at: now + delay, action) }

    func accuse(_ fault: String?) {
        if let fault { faults.append("\(now / 1000) ms: \(fault)") }
    }

    /// When a machine's time comes.
    func microseconds(_ time: Duration) -> Int { Int(time / .microseconds(1)) + 1 }

    // MARK: Relays

    private func sender(_ name: String, _ incarnation: UInt64) -> DemandSender {
        DemandSender(
            relay: DemandRelay(node: name, incarnation: incarnation),
            timing: Self.timing,
            largestMessage: DemandPlan.largestMessage,
            seed: random.next()
        )
    }

    func want(_ relay: Relay, _ topic: TopicHash) {
        guard relay.isAlive, relay.wishes[topic] == nil else { return }
        wishes += 1
        relay.wishes[topic] = Relay.Wish(number: wishes, since: now)
        if !relay.sender.want(topic, request(for: topic, of: relay)).isEmpty { accuse("\(topic.low) isn't taken") }
    }

    func release(_ relay: Relay, _ topic: TopicHash) {
        relay.wishes[topic] = nil
        relay.sender.release(topic)
    }

    /// Nil for the operator's topics; others are written by each relay in its own way.
    private func request(for topic: TopicHash, of relay: Relay) -> DemandRequest? {
        guard topic.low % 3 != 0 else { return nil }
        let size = number(in: 1...plan.request)
        return DemandRequest(Array("\(topic.low) by \(relay.name)".utf8) + Array(repeating: 0x20, count: size))
    }

    /// Ends a relay's process, and begins another one after a while, with other wishes.
    func restart(_ relay: Relay) {
        tally.restarts += 1
        relay.isAlive = false
        let former = relay.wishes.keys.sorted()
        relay.wishes = [:]
        enter(after: number(in: 1000...DemandPlan.absence * 1000)) { [self] in
            relay.incarnation += 1
            relay.sender = sender(relay.name, relay.incarnation)
            relay.isAlive = true
            relay.isConnected = true
            relay.timer = nil
            relay.sender.newTerm(term, now: clock)
            for topic in former where chance(0.7) { want(relay, topic) }
            perform(relay, relay.sender.flush(now: clock))
        }
    }

    /// Does what a relay's machine says, and enters its next tick.
    func perform(_ relay: Relay, _ actions: [DemandSender.Action]) {
        for case .publish(let bytes) in actions { publish(bytes, by: relay) }
        guard let deadline = relay.sender.deadline else { return }
        let due = max(now, microseconds(deadline))
        if let timer = relay.timer, timer > now, timer <= due { return }
        relay.timer = due
        let incarnation = relay.incarnation
        enter(after: due - now) { [self] in
            guard relay.isAlive, relay.incarnation == incarnation, relay.timer == due else { return }
            relay.timer = nil
            perform(relay, relay.sender.tick(now: clock))
        }
    }

    // MARK: The run

    /// Runs to the end, with a while of peace before it, and judges.
    func run() {
        lead(leader)
        enter(after: 1000) { [self] in provoke() }
        let lease = DemandPlan.lease * 1000
        // Who was away is back, and all that was late has come.
        let quiet = (plan.length + DemandPlan.absence + plan.delay) * 1000
        // A tick and a message on its way take a little more.
        let end = quiet + 3 * lease + 20_000
        agenda.enter(at: end) { [self] in
            conclude(with: [leader])
            lead(candidates.last ?? leader)
        }
        agenda.enter(at: end + 3 * lease + 20_000) { [self] in conclude(with: candidates) }
        while let (time, action) = agenda.next(), time <= end + 3 * lease + 20_000, faults.isEmpty {
            now = max(now, time)
            isRough = now < plan.length * 1000
            action()
        }
        tally.runs = 1
        for candidate in candidates { count(candidate) }
    }

    func count(_ candidate: Candidate) {
        tally.late += candidate.table.counts.late
        tally.resyncs += candidate.table.counts.resyncs
    }

    private func conclude(with candidates: [Candidate]) {
        let wanted = Set(relays.flatMap(\.wishes.keys))
        for candidate in candidates {
            if candidate.judge.told != wanted {
                let (more, less) = (candidate.judge.told.subtracting(wanted), wanted.subtracting(candidate.judge.told))
                accuse("\(candidate.name) has \(more.map(\.low)) too many and lacks \(less.map(\.low))")
            }
            for topic in candidate.table.wanted {
                let isAsked = topic.request?.bytes.starts(with: "\(topic.topic.low) by relay-".utf8) ?? false
                if isAsked == (topic.topic.low % 3 == 0) { accuse("the request for \(topic.topic.low) is another one") }
            }
            if Set(candidate.table.wanted.map(\.topic)) != wanted { accuse("\(candidate.name) tells it otherwise") }
            if candidate.table.relayCount > relays.count { accuse("\(candidate.name) knows former relays") }
        }
        if running != wanted { accuse("\(running.map(\.low)) run, and \(wanted.map(\.low)) are wanted") }
    }
}
