import GraphQLTransport
import Testing

@testable import Fanout

/// Who is wanted of a shard's topics, as a value with a clock of its own.
struct TopicDemandTests {
    /// What happens to a shard with one topic of the operator's, in slot 0, that starts on demand.
    enum Step {
        case request(Int), open(Slot, as: TopicID), gained(Slot), lost(Slot), retire(Slot), interrupted(Slot)
        case reclaimed(Slot)
        case configure(Int, as: TopicID, onDemand: Bool), withdraw(Slot), onDemand(Slot, Bool)
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
            case .configure(let number, let topic, let onDemand):
                demand.configure(try key(number), as: topic, startsOnDemand: onDemand)
            case .withdraw(let slot): demand.withdraw(slot)
            case .onDemand(let slot, let onDemand): told += demand.set(startsOnDemand: onDemand, slot, at: now)
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
                "a later one has the number that it is given",
                [.request(1), .gained(1), .configure(2, as: 40, onDemand: true), .gained(2)],
                [.idle(request: 1), .busy(request: 1), .wake(topic: 40)]
            ),
            (
                "one that is withdrawn tells nothing any more",
                [.gained(0), .withdraw(0), .lost(0), .passes(60)], [.wake(topic: 0)]
            ),
            (
                "nor while it lingers", [.gained(0), .lost(0), .withdraw(0), .passes(60)],
                [.wake(topic: 0)]
            ),
            (
                "who has its slot afterwards lingers by itself",
                [
                    .gained(0), .lost(0), .passes(3), .withdraw(0), .configure(2, as: 40, onDemand: true), .gained(0),
                    .lost(0), .passes(2), .passes(3),
                ],
                [.wake(topic: 0), .wake(topic: 40), .rest(topic: 40)]
            ),
            (
                "one that begins to run on demand rests where nobody listens",
                [.configure(2, as: 40, onDemand: false), .onDemand(1, true), .passes(4), .passes(1)], [.rest(topic: 40)]
            ),
            (
                "and not where somebody does",
                [.configure(2, as: 40, onDemand: false), .gained(1), .onDemand(1, true), .passes(60)], []
            ),
            (
                "until that one leaves",
                [.configure(2, as: 40, onDemand: false), .gained(1), .onDemand(1, true), .lost(1), .passes(5)],
                [.rest(topic: 40)]
            ),
            (
                "who comes while it lingers keeps it",
                [.configure(2, as: 40, onDemand: false), .onDemand(1, true), .gained(1), .passes(60)], []
            ),
            (
                "one that runs always from now on never rests",
                [.gained(0), .lost(0), .onDemand(0, false), .passes(60), .gained(0), .lost(0), .passes(60)],
                [.wake(topic: 0)]
            ),
            (
                "and again on demand", [.onDemand(0, false), .onDemand(0, true), .passes(5), .gained(0)],
                [.rest(topic: 0), .wake(topic: 0)]
            ),
            ("the same again changes nothing", [.onDemand(0, true), .passes(60)], []),
        ] as [(String, [Step], [DemandChange])]
    )
    func `an operator's topic that comes, changes and goes`(rule: String, steps: [Step], told: [DemandChange]) throws {
        #expect(try Self.changes(steps) == told, "\(rule)")
    }

    @Test func `a topic that is withdrawn can't be found, and an equal one takes its place`() throws {
        var demand = try Self.demand()
        let key = try Self.key(0)
        demand.configure(key, as: 40, startsOnDemand: false)
        _ = demand.gained(0)
        demand.withdraw(0)
        #expect(demand.slot(of: key) == 1)
        #expect(demand.slot(of: 0 as TopicID) == nil && demand.slot(of: 40 as TopicID) == 1)
        #expect(demand.vacancies == 0 && demand.number(of: 0) == nil && !demand.isConfigured(0))
        // Its slot is free once its last subscriber has left.
        _ = demand.lost(0, at: .zero)
        #expect(demand.vacancies == 1)
        #expect(demand.configure(try Self.key(5), as: 41, startsOnDemand: false) == 0)
        demand.withdraw(1)
        #expect(demand.slot(of: key) == nil)
    }

    @Test func `an operator's topic goes before an equal one of clients, who stay there`() throws {
        var demand = try Self.demand()
        let key = try Self.key(1)
        let (slot, _, _) = demand.request(key, at: .zero)
        _ = demand.gained(slot)
        let own = demand.configure(key, as: 40, startsOnDemand: false)
        #expect(demand.slot(of: key) == own && own != slot)
        #expect(demand.number(of: slot) != nil)
        demand.retire(slot)
        #expect(demand.slot(of: key) == own)
    }

    @Test func `topics of clients that aren't shared any more can't be joined`() throws {
        var demand = try Self.demand()
        _ = demand.request(try Self.key(1), at: .zero)
        var policy = DemandPolicy()
        policy.share = .never
        policy.allowsAnySubscription = true
        demand.adopt(policy)
        #expect(demand.slot(of: try Self.key(1)) == nil)
        #expect(demand.slot(of: try Self.key(0)) == 0)
        #expect(demand.allowsAny && !demand.isShared)
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
        #expect(demand.isConfigured(0) && demand.isConfigured(1))
    }

    @Test func `a slot is used again once its last subscriber has left, and its tenants are told apart`() throws {
        var demand = try Self.demand()
        let first = demand.request(try Self.key(1), at: .zero)
        #expect(first.slot == 1)
        let tenant = demand.number(of: 1)
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
        let tenants = [tenant, demand.number(of: 0), demand.number(of: 1), demand.number(of: 2)].compactMap(\.self)
        #expect(Set(tenants).count == 4)
    }

    @Test func `a slot that has become free is told once, unless another topic has it by then`() throws {
        var demand = try Self.demand()
        for number in 1...3 { _ = demand.request(try Self.key(number), at: .zero) }
        _ = demand.gained(3)
        #expect(demand.takeVacated() == [])
        // Withdrawn, and retired while somebody is there still; the others linger.
        demand.withdraw(0)
        demand.retire(3)
        #expect(demand.takeVacated() == [0])
        _ = demand.advance(to: .seconds(60))
        #expect(demand.takeVacated() == [1, 2])
        _ = demand.lost(3, at: .zero)
        #expect(demand.takeVacated() == [3] && demand.takeVacated() == [])
        #expect(demand.configure(try Self.key(5), as: 41, startsOnDemand: false) == 3)
        demand.withdraw(3)
        #expect(demand.configure(try Self.key(6), as: 42, startsOnDemand: false) == 3)
        #expect(demand.takeVacated() == [])
    }

    @Test func `topics that linger already do so for the time of another policy`() throws {
        var demand = try Self.demand()
        let (slot, number, _) = demand.request(try Self.key(1), at: .seconds(100))
        _ = demand.gained(slot)
        _ = demand.lost(slot, at: .seconds(101))
        var policy = DemandPolicy()
        policy.linger = .seconds(2)
        demand.adopt(policy)
        #expect(demand.due == .seconds(103))
        #expect(demand.advance(to: .seconds(102)).isEmpty)
        policy.linger = .seconds(60)
        demand.adopt(policy)
        #expect(demand.due == .seconds(161))
        policy.linger = .seconds(1)
        demand.adopt(policy)
        #expect(demand.advance(to: .seconds(102)) == [.release(request: number)])
        #expect(demand.due == nil)
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
