import Glibc

/// A tree of three levels: a root, two relays behind it, and behind those the leaves, by turns.
final class TreeGroup: ChaosGroup {
    /// What the tool can do to a tree.
    enum Fault: String, CaseIterable {
        case killRoot = "kill-root"
        case killMiddle = "kill-middle"
        case killLeaf = "kill-leaf"
    }

    private struct Relay {
        let subject: Subject
        let port: UInt16
    }

    private let root: [Relay]
    private let middle: [Relay]
    private let leaves: [Relay]
    private let loop: ChaosLoop

    init(_ plan: GroupPlan, loop: ChaosLoop) throws {
        self.loop = loop
        var ports = FreePorts()
        root = [try Self.relay("root", plan, loop.upstreamPort, &ports)]
        var middle: [Relay] = []
        for number in 1...2 { middle.append(try Self.relay("middle-\(number)", plan, root[0].port, &ports)) }
        var leaves: [Relay] = []
        for number in 0..<plan.edges {
            leaves.append(try Self.relay("leaf-\(number + 1)", plan, middle[number % 2].port, &ports))
        }
        (self.middle, self.leaves) = (middle, leaves)
        loop.edges = leaves.compactMap { Endpoint("ws://127.0.0.1:\($0.port)/graphql") }
    }

    func start() throws {
        for relay in root + middle + leaves { try relay.subject.start() }
    }

    func end() {
        for relay in root + middle + leaves { relay.subject.kill() }
    }

    func perform(_ fault: String, _ draw: Draw, begun: (Int?) -> Void) throws {
        var draw = draw
        let level =
            switch Fault(rawValue: fault) {
            case .killRoot: root
            case .killMiddle: middle
            case .killLeaf, nil: leaves
            }
        guard let relay = level.randomElement(using: &draw) else { return }
        begun(nil)
        relay.subject.kill()
        try loop.pass(.milliseconds(Int.random(in: 0...500, using: &draw)))
        try relay.subject.start()
    }

    func trouble() throws -> String? {
        for relay in root + middle + leaves {
            let isReady = try relay.subject.isRunning && loop.get(relay.port, "/readyz")?.status == 200
            guard isReady else { return "\(relay.subject.name) isn't ready" }
        }
        return nil
    }

    /// The root is where numbers come from: the next one begins a new epoch.
    func mayTellGap(_ fault: String) -> Bool { fault == Fault.killRoot.rawValue }

    private static func relay(
        _ name: String,
        _ plan: GroupPlan,
        _ upstream: UInt16,
        _ ports: inout FreePorts
    ) throws(ChildProcess.Failure) -> Relay {
        let port = try ports.next()
        let arguments = plan.serve(port, upstream: upstream) + plan.relayArguments
        let subject = Subject(name, plan.relay, arguments, log: "\(plan.directory)/\(name).log")
        return Relay(subject: subject, port: port)
    }
}
