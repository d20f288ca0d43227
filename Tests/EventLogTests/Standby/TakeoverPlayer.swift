@testable import EventLog

/// A standby that takes over by one of several rules.
struct TakeoverPlayer {
    enum End {
        case gap(AlignmentObstacle)
        /// It goes on with the event of this number, and skips and keeps those of what it got.
        case proceeds(from: Int, skipped: [Int], kept: [Int])
    }

    var feed: StandbyFeed
    private(set) var end: End?
    private let plan: TakeoverPlan
    private let limits: StandbyLimits
    private var takeover: Takeover?
    /// The numbers of what the operation brought.
    private var numbers: [Int] = []
    private var payloads: [ArraySlice<UInt8>] = []
    private var logged: [ArraySlice<UInt8>] = []
    private var tail = TopicTail()
    private var isWon = false
    private var first = 0
    private var isProven = false
    private var isSettled = false

    init(_ plan: TakeoverPlan) {
        self.plan = plan
        var limits = StandbyLimits(
            lease: .seconds(TakeoverPlan.lease),
            lateness: .seconds(plan.lateness),
            bytes: plan.isTrimmed && plan.seed % 2 == 0 ? 3000 : 1 << 20
        )
        if plan.isTrimmed {
            limits.keep = .milliseconds(500)
            limits.count = 8
        }
        self.limits = limits
        feed = StandbyFeed(limits: limits, leaderStatus: .live, now: .zero)
        feed.interrupted()
    }

    mutating func interrupted(now: Duration) {
        feed.interrupted()
        if let decision = takeover?.interrupted(now: now) { take(decision) }
        forget()
    }

    mutating func restarted(first: Int, now: Duration) {
        feed.restarted(now: now)
        forget()
        self.first = first
    }

    private mutating func forget() {
        (numbers, payloads, logged) = ([], [], [])
        (isProven, isSettled) = (false, false)
    }

    mutating func proven(now: Duration) {
        feed.proven(now: now)
        isProven = true
    }

    mutating func heard(now: Duration) {
        feed.heard(now: now)
        isSettled = isProven
    }

    mutating func received(_ number: Int, _ payload: [UInt8], now: Duration) {
        numbers.append(number)
        isProven = true
        if plan.rule == .offsets {
            if takeover != nil {
                if let decision = takeover?.received(EventPayloads(payload), now: now) { take(decision) }
            } else {
                feed.received(EventPayloads(payload), now: now)
            }
        } else {
            payloads.append(payload[...])
            if isWon { decide(isLast: false, now: now) }
        }
    }

    mutating func logged(_ payload: [UInt8], now: Duration) {
        feed.logged(EventPayloads(payload), now: now)
        tail.append(EventPayloads(payload))
        logged.append(payload[...])
    }

    mutating func loggedGap(now: Duration) {
        feed.loggedGap(now: now)
        logged = []
    }

    mutating func logged(_ status: OperationStatus, now: Duration) { feed.logged(status, now: now) }

    mutating func win(now: Duration) {
        isWon = true
        if plan.rule == .offsets { takeover = Takeover(of: feed, tail: tail.payloads, now: now) }
        decide(isLast: false, now: now)
    }

    mutating func decide(isLast: Bool, now: Duration) {
        let alignment: Alignment
        switch plan.rule {
        case .offsets:
            if let decision = takeover?.decide(now: now) { take(decision) }
            return
        case .tail: alignment = Alignment(of: tail.payloads, in: payloads)
        case .overlap:
            let most = min(logged.count, payloads.count)
            let found = (logged.isEmpty ? 0...0 : 1...max(1, most)).filter {
                $0 <= most && payloads.prefix($0) == logged.suffix($0)
            }
            alignment = found.isEmpty ? .nowhere : found.count == 1 ? .found(found[0]) : .ambiguous
        }
        guard isSettled else { return take(.gap(.young)) }
        switch alignment {
        case .found(let index): take(.proceed(with: EventPayloads()), index)
        case .ambiguous: take(.gap(.ambiguous))
        case .nowhere: if isLast { take(.gap(.behind)) }
        }
    }

    private mutating func take(_ decision: Takeover.Decision, _ index: Int? = nil) {
        switch decision {
        case .wait: break
        case .gap(let obstacle): end = .gap(obstacle)
        case .proceed(let payloads):
            let index = index ?? numbers.count - payloads.count
            end = .proceeds(
                from: first + index,
                skipped: Array(numbers[..<index]),
                kept: Array(numbers[index...])
            )
        }
    }
}
