import TestSupport

@testable import EventLog

/// Plays a takeover and judges its end.
///
/// Events are known by their numbers here: what the log has and what the standby got. The standby knows payloads only.
struct TakeoverTrial {
    enum Outcome: Hashable {
        case exact
        /// Events were lost or doubled, and nobody is told.
        case wrong
        case gap(AlignmentObstacle)
    }

    private enum Happening {
        case proven
        case interrupted
        /// The operation begins with the event of this number.
        case restarted(first: Int)
        /// The operation brought the event of this number.
        case received(Int)
        case message([LogEntry])
        case term
        case won
        case deadline
    }

    private enum LogEntry {
        case event(Int)
        case gap
        case status(OperationStatus)
    }

    private let plan: TakeoverPlan
    private var random: SplitMix
    private var happenings: [(time: Double, happening: Happening)] = []
    private var log: [LogEntry] = []

    init(_ plan: TakeoverPlan) {
        self.plan = plan
        random = plan.random
    }

    private mutating func below(_ bound: Double) -> Double { Double.random(in: 0..<max(bound, 1e-9), using: &random) }

    private mutating func schedule(_ happening: Happening, at time: Double) { happenings.append((time, happening)) }

    /// The events that a subscription brings and when, in the server's order.
    private mutating func subscription(from begin: Double, to end: Double) -> [(number: Int, time: Double)] {
        var last = 0.0
        var brought: [(number: Int, time: Double)] = []
        for (number, event) in plan.events.enumerated() where event.time >= begin {
            last = max(last, event.time + below(plan.delays.server))
            guard last < end else { break }
            brought.append((number, last))
        }
        guard plan.isUnordered else { return brought }
        for index in brought.indices.dropLast() where below(1) < 0.02 {
            (brought[index].number, brought[index + 1].number) = (brought[index + 1].number, brought[index].number)
        }
        return brought
    }

    /// The leaders and what they log, up to the last one's death.
    private mutating func lead() {
        let (begin, end, death) = (plan.troubleBegin, plan.troubleEnd, plan.death)
        let isSplit = plan.trouble == .interruption || plan.trouble == .outage || plan.trouble == .otherLeaderWithGap
        var received = subscription(from: 0, to: isSplit ? begin : .infinity)
        if isSplit { received += subscription(from: end, to: .infinity) }
        var isGapDue = isSplit
        let isSilent = plan.trouble == .pause || plan.trouble == .otherLeader || plan.trouble == .otherLeaderWithGap
        if plan.trouble == .otherLeader || plan.trouble == .otherLeaderWithGap, end < death {
            schedule(.term, at: end + plan.delays.log)
        }
        // Who leads anew may look for its place first.
        let search = plan.trouble == .otherLeader ? below(0.9) : 0
        var (time, read, next) = (0.0, 0.0, 0)
        while true {
            let waits = next < received.count ? max(received[next].time, time) + below(plan.delays.batch) : .infinity
            time = min(waits, time + 0.5)
            if isSilent, time >= begin, time < end { time = end }
            let isLast = time >= death
            if isLast {
                guard plan.isHandOver else { break }
                time = death
            }
            var entries: [LogEntry] = []
            if isGapDue, time >= end {
                // What the former leader had and didn't log is lost; what the same leader has isn't.
                let old = received[next...].prefix { $0.time < begin }
                if !isSilent { entries += old.map { .event($0.number) } }
                next += old.count
                entries += [.gap, .status(.live)]
                isGapDue = false
            }
            let isSearching = plan.trouble == .otherLeader && time >= end && time < end + search
            while !isSearching, next < received.count, received[next].time <= (isGapDue ? min(time, begin) : time) {
                entries.append(.event(received[next].number))
                next += 1
            }
            if isGapDue, time >= begin { entries.append(.status(.interrupted)) }
            log += entries
            read = max(read, time + below(plan.delays.log))
            schedule(.message(entries), at: read)
            if isLast { break }
        }
    }

    /// The standby's operation, which breaks together with the leader's in an outage.
    private mutating func stand() {
        var sent = plan.sent
        if plan.trouble == .outage, plan.troubleEnd > sent {
            if plan.troubleBegin > sent { operate(from: sent, to: plan.troubleBegin) }
            schedule(.interrupted, at: plan.troubleBegin)
            sent = plan.troubleEnd - 0.5 + below(1)
        }
        operate(from: sent, to: .infinity)
    }

    private mutating func operate(from sent: Double, to end: Double) {
        let begin = sent + below(plan.delays.server)
        let first = plan.events.firstIndex { $0.time >= begin } ?? plan.events.count
        schedule(.restarted(first: first), at: sent)
        let proven = begin + plan.delays.server + below(1)
        if proven < end { schedule(.proven, at: proven) }
        for (number, time) in subscription(from: begin, to: end) { schedule(.received(number), at: time) }
    }

    mutating func play() -> Outcome {
        lead()
        stand()
        let won = plan.death + (plan.isHandOver ? 0.15 : TakeoverPlan.lease * 1.1 + below(0.2))
        schedule(.won, at: won)
        schedule(.deadline, at: won + 1.001)
        let order = happenings.indices.sorted {
            (happenings[$0].time, $0) < (happenings[$1].time, $1)
        }
        var player = TakeoverPlayer(plan)
        for index in order {
            let (time, happening) = happenings[index]
            let now = Duration.seconds(time)
            switch happening {
            case .proven: player.proven(now: now)
            case .interrupted: player.interrupted(now: now)
            case .restarted(let first): player.restarted(first: first, now: now)
            case .received(let number): player.received(number, plan.events[number].payload, now: now)
            case .term: player.feed.termBegan(now: now)
            case .message(let entries):
                for entry in entries {
                    switch entry {
                    case .status(let status): player.logged(status, now: now)
                    case .gap: player.loggedGap(now: now)
                    case .event(let number): player.logged(plan.events[number].payload, now: now)
                    }
                }
                player.heard(now: now)
            case .won: player.win(now: now)
            case .deadline: player.decide(isLast: true, now: now)
            }
            if let end = player.end { return judge(end) }
        }
        return .gap(.behind)
    }

    private func judge(_ end: TakeoverPlayer.End) -> Outcome {
        switch end {
        case .gap(let obstacle): return .gap(obstacle)
        case .proceeds(let next, let skipped, let kept):
            var (logged, isGapLast): ([Int], Bool) = ([], false)
            for entry in log {
                switch entry {
                case .status: break
                case .gap: isGapLast = true
                case .event(let number):
                    logged.append(number)
                    isGapLast = false
                }
            }
            if plan.isUnordered {
                let lost = plan.trouble == .none && !Set(skipped).isSubset(of: logged)
                return lost || !Set(kept).isDisjoint(with: logged) ? .wrong : .exact
            }
            let end = (logged.last ?? -1) + 1
            return next == end || isGapLast && next > end ? .exact : .wrong
        }
    }
}
