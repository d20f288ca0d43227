import GraphQLTransport
import Testing

@testable import Fanout

/// Who is wanted of a shard's topics, as a value with a clock of its own.
struct TopicDemandTests {
    /// What happens to a shard with one topic of the operator's, in slot 0, that starts on demand.
    enum Step {
        case request(Int), open(Slot, as: TopicID), gained(Slot), lost(Slot), retire(Slot), interrupted(Slot)
        case reclaimed(Slot)
        /// Time passes, in seconds, and what is due is looked at.
        case passes(Int)
    }

    private static func key(_ number: Int) throws -> OperationKey {
        try TopicDefinition(name: "t", document: "subscription { t\(number) }").key()
    }

    private static func demand(share: DemandPolicy.Share = .always) throws -> TopicDemand {
        var policy = DemandPolicy()
        policy.share = share
        policy.linger = .seconds(5)
        var demand = TopicDemand(policy: policy)
        demand.configure(try key(0), startsOnDemand: true)
        return demand
    }

    /// What the runner is told after all the steps.
    private static func changes(_ steps: [Step], share: DemandPolicy.Share = .always) throws -> [DemandChange] {
        var demand = try demand(share: share)
        var now = Duration.seconds(100)
        var told: [DemandChange] = []
        for step in steps {
            switch step {
            case .request(let number): told += demand.request(try key(number), at: now).changes
            case .open(let slot, let topic):
                let isOpened = demand.open(slot, as: topic)
                #expect(isOpened)
            case .gained(let slot): told += demand.gained(slot)
            case .lost(let slot): told += demand.lost(slot, at: now)
            case .retire(let slot): demand.retire(slot)
            case .interrupted(let slot): told += demand.interrupted(slot)
            case .reclaimed(let slot): told += demand.reclaimed(slot)
            case .passes(let seconds):
                now += .seconds(seconds)
                told += demand.advance(to: now)
            }
        }
        return told
    }

    @Test(
        arguments: [
            ("nobody ever comes", [.passes(60)], []),
            ("the first wakes it, others don't", [.gained(0), .gained(0)], [.wake(topic: 0)]),
            ("it lingers after the last", [.gained(0), .lost(0), .passes(4)], [.wake(topic: 0)]),
            ("and rests then", [.gained(0), .lost(0), .passes(5)], [.wake(topic: 0), .rest(topic: 0)]),
            ("who comes meanwhile keeps it", [.gained(0), .lost(0), .gained(0), .passes(60)], [.wake(topic: 0)]),
            (
                "it lingers from the last end on, not from the first",
                [.gained(0), .lost(0), .passes(3), .gained(0), .lost(0), .passes(4), .passes(1)],
                [.wake(topic: 0), .rest(topic: 0)]
            ),
            (
                "an outage ends the lingering", [.gained(0), .lost(0), .interrupted(0), .passes(60)],
                [.wake(topic: 0), .rest(topic: 0)]
            ),
            ("an outage ends nothing that is listened to", [.gained(0), .interrupted(0)], [.wake(topic: 0)]),
            (
                "it wakes again",
                [.gained(0), .lost(0), .passes(5), .gained(0)],
                [.wake(topic: 0), .rest(topic: 0), .wake(topic: 0)]
            ),
            ("nobody takes it back", [.gained(0), .lost(0), .reclaimed(0)], [.wake(topic: 0)]),
            ("it isn't retired", [.retire(0), .gained(0)], [.wake(topic: 0)]),
        ] as [(String, [Step], [DemandChange])]
    )
    func `an operator's topic on demand`(rule: String, steps: [Step], told: [DemandChange]) throws {
        #expect(try Self.changes(steps) == told, "\(rule)")
    }

    @Test(
        arguments: [
            (
                "whoever asked may not join after all", [.request(1), .passes(5)],
                [.idle(request: 1), .release(request: 1)]
            ),
            ("the first one joins", [.request(1), .gained(1), .passes(60)], [.idle(request: 1), .busy(request: 1)]),
            (
                "it lingers after the last",
                [.request(1), .open(1, as: 9), .gained(1), .lost(1), .passes(4), .passes(1)],
                [.idle(request: 1), .busy(request: 1), .idle(request: 1), .release(request: 1)]
            ),
            (
                "one that ended is let go of by nobody", [.request(1), .open(1, as: 9), .retire(1), .passes(60)],
                [.idle(request: 1)]
            ),
            (
                "nor when its last one leaves later",
                [.request(1), .gained(1), .open(1, as: 9), .retire(1), .lost(1), .passes(60)],
                [.idle(request: 1), .busy(request: 1)]
            ),
            (
                "its place is wanted back, and nobody listens",
                [.request(1), .open(1, as: 9), .reclaimed(1), .passes(60)],
                [.idle(request: 1), .release(request: 1)]
            ),
            (
                "its place is wanted back, and somebody listens",
                [.request(1), .open(1, as: 9), .gained(1), .reclaimed(1)],
                [.idle(request: 1), .busy(request: 1), .kept(request: 1)]
            ),
            ("its place is wanted back before it is there", [.request(1), .reclaimed(1)], [.idle(request: 1)]),
            (
                "a later tenant lingers by itself",
                [.request(1), .passes(3), .retire(1), .request(2), .passes(2), .passes(3)],
                [.idle(request: 1), .idle(request: 2), .release(request: 2)]
            ),
        ] as [(String, [Step], [DemandChange])]
    )
    func `a client topic that equal operations share`(rule: String, steps: [Step], told: [DemandChange]) throws {
        #expect(try Self.changes(steps) == told, "\(rule)")
    }

    @Test func `a client topic that isn't shared goes with its client`() throws {
        let told = try Self.changes([.request(1), .open(1, as: 9), .gained(1), .lost(1)], share: .never)
        #expect(told == [.idle(request: 1), .busy(request: 1), .release(request: 1)])
    }

    @Test func `equal operations find their topic as long as it can be joined`() throws {
        var demand = try Self.demand()
        let key = try Self.key(1)
        #expect(demand.slot(of: try Self.key(0)) == 0)
        #expect(demand.slot(of: key) == nil)
        let (slot, number, _) = demand.request(key, at: .zero)
        #expect((slot, number) == (1, 1))
        #expect(demand.slot(of: key) == 1)
        #expect(demand.slot(of: .refused(request: 1, reason: "")) == 1)
        let opened = [demand.open(1, as: 9), demand.open(1, as: 9)]
        #expect(opened == [true, false])
        #expect(demand.slot(of: .refused(request: 1, reason: "")) == nil)
        #expect(demand.slot(of: .completed(topic: 9)) == 1)
        #expect(demand.slot(of: .completed(topic: 0)) == 0)
        demand.retire(1)
        #expect(demand.slot(of: key) == nil)
        #expect(demand.slot(of: .completed(topic: 9)) == nil)
    }

    @Test func `of the operator's equal topics the first one is joined`() throws {
        var demand = try Self.demand()
        demand.configure(try Self.key(0), startsOnDemand: false)
        #expect(demand.slot(of: try Self.key(0)) == 0)
        #expect(demand.configured == 2)
    }

    @Test func `a slot is used again once its last subscriber has left, and its tenants are told apart`() throws {
        var demand = try Self.demand()
        let first = demand.request(try Self.key(1), at: .zero)
        #expect(first.slot == 1)
        _ = demand.gained(1)
        demand.retire(1)
        #expect(demand.vacancies == 0)
        #expect(demand.number(of: 1) == nil)
        let second = demand.request(try Self.key(2), at: .zero)
        #expect(second.slot == 2)
        _ = demand.lost(1, at: .zero)
        #expect(demand.vacancies == 1)
        let (slot, number, _) = demand.request(try Self.key(3), at: .zero)
        #expect((slot, number) == (1, 3))
        #expect(demand.number(of: 1) == 3)
        #expect(demand.number(of: 0) == 0)
    }

    @Test func `what is due next is known, and nothing when nobody lingers`() throws {
        var demand = try Self.demand()
        #expect(demand.due == nil)
        _ = demand.request(try Self.key(1), at: .seconds(1))
        _ = demand.request(try Self.key(2), at: .seconds(2))
        #expect(demand.due == .seconds(6))
        let atSix = demand.advance(to: .seconds(6))
        #expect(atSix == [.release(request: 1)])
        #expect(demand.due == .seconds(7))
        let atSeven = demand.advance(to: .seconds(7))
        #expect(atSeven == [.release(request: 2)])
        #expect(demand.due == nil)
    }
}
