import Glibc

/// Does what faults are to a group: each ends when the fault is over, not when the group is well.
struct FaultScript {
    /// How long another relay may take to lead, and a program to end.
    private static let patience = Duration.seconds(60)

    let group: StartedGroup
    let loop: ChaosLoop
    /// Chance that depends on the seed and the fault's number alone.
    var draw: Draw

    /// Does it.
    ///
    /// - Parameter begun: Called when it begins to hurt, with the relay at which clients stay though nothing comes.
    mutating func perform(_ fault: FaultKind, begun: (Int?) -> Void) throws {
        switch fault {
        case .killLeader: try killLeader(begun)
        case .freezeLeader: try freezeLeader(begun)
        case .cutLeader: try cutLeader(begun)
        case .handOver: try handOver(begun)
        case .stopLeader: try stopLeader(begun)
        case .killServer: try killServer(begun)
        case .freezeServer: try freezeServer(begun)
        case .killServers: try killServers(begun)
        case .lameDuck: try lameDuck(begun)
        }
    }

    private mutating func killLeader(_ begun: (Int?) -> Void) throws {
        let leader = try leader()
        begun(nil)
        group.members[leader].subject.kill()
        // A service manager starts it at once, a person later.
        if Bool.random(using: &draw) {
            try pass(upTo: 500)
        } else {
            try waitForLeader(otherThan: leader)
        }
        try group.members[leader].subject.start()
    }

    private mutating func freezeLeader(_ begun: (Int?) -> Void) throws {
        let leader = try leader()
        begun(leader)
        group.members[leader].subject.freeze()
        defer { group.members[leader].subject.thaw() }
        try waitForLeader(otherThan: leader)
        try pass(upTo: 500)
    }

    private mutating func cutLeader(_ begun: (Int?) -> Void) throws {
        let leader = try leader()
        begun(leader)
        try loop.cut(leader, true)
        defer { try? loop.cut(leader, false) }
        try waitForLeader(otherThan: leader)
        try pass(upTo: 3000)
    }

    private mutating func handOver(_ begun: (Int?) -> Void) throws {
        let leader = try leader()
        let successor = (leader + 1 + Int.random(in: 0..<group.members.count - 1, using: &draw)) % group.members.count
        let name = group.members[successor].node
        begun(nil)
        let command = Subject(
            "hand-over",
            group.plan.relay,
            ["cluster", "hand-over", "--cluster", group.address, "--to", name],
            log: "\(group.plan.directory)/hand-over.log"
        )
        try command.start()
        defer { command.end() }
        guard try loop.wait(atMost: .seconds(30), until: { !command.isRunning }) else {
            throw FaultTrouble(description: "the hand-over from \(group.members[leader].node) to \(name) doesn't end")
        }
        guard try loop.wait(atMost: .seconds(2), until: { try group.leaders() == [successor] }) else {
            throw FaultTrouble(description: "\(name) doesn't lead after the hand-over")
        }
    }

    private mutating func stopLeader(_ begun: (Int?) -> Void) throws {
        let leader = try leader()
        let subject = group.members[leader].subject
        begun(nil)
        subject.send(SIGTERM)
        guard try loop.wait(atMost: Self.patience, until: { !subject.isRunning }) else {
            throw FaultTrouble(description: "\(subject.name) doesn't end after SIGTERM")
        }
        try subject.start()
    }

    private mutating func killServer(_ begun: (Int?) -> Void) throws {
        let server = try logLeader()
        begun(nil)
        group.servers[server].subject.kill()
        try pass(upTo: 2000)
        try group.servers[server].subject.start()
    }

    private mutating func freezeServer(_ begun: (Int?) -> Void) throws {
        let server = try logLeader()
        begun(nil)
        group.servers[server].subject.freeze()
        defer { group.servers[server].subject.thaw() }
        // Longer than any election, so that a stall isn't as long as this only because of this.
        try loop.pass(.seconds(12))
    }

    private mutating func killServers(_ begun: (Int?) -> Void) throws {
        begun(nil)
        for server in group.servers { server.subject.kill() }
        try pass(upTo: 2000)
        for server in group.servers { try server.subject.start() }
    }

    private mutating func lameDuck(_ begun: (Int?) -> Void) throws {
        let server = try logLeader()
        let subject = group.servers[server].subject
        begun(nil)
        // What nats-server --signal ldm=PID sends.
        subject.send(SIGUSR2)
        guard try loop.wait(atMost: Self.patience, until: { !subject.isRunning }) else {
            throw FaultTrouble(description: "\(subject.name) doesn't end by lame duck mode")
        }
        try subject.start()
    }

    private func leader() throws -> Int {
        var found: [Int] = []
        let isLed = try loop.wait(atMost: Self.patience) {
            found = try group.leaders()
            return found.count == 1
        }
        guard isLed else { throw FaultTrouble(description: "\(found.count) relays lead") }
        return found[0]
    }

    private func logLeader() throws -> Int {
        var found: Int?
        _ = try loop.wait(atMost: Self.patience) {
            found = try group.logLeader()
            return found != nil
        }
        guard let found else { throw FaultTrouble(description: "no server leads the log") }
        return found
    }

    private func waitForLeader(otherThan former: Int) throws {
        let isLed = try loop.wait(atMost: Self.patience) {
            try group.leaders().contains { $0 != former }
        }
        guard isLed else {
            throw FaultTrouble(description: "nobody else leads though \(group.members[former].node) can't")
        }
    }

    private mutating func pass(upTo milliseconds: Int) throws {
        try loop.pass(.milliseconds(Int.random(in: 0...milliseconds, using: &draw)))
    }
}
