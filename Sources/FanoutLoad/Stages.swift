import CommandSupport

/// A stage of a run: how many connections are to be open at its end.
struct Stage: FlagValue, Equatable {
    static let allowed = "TIME:CONNECTIONS, such as 30s:1000, with 100ms to 24h and 0 to 200000"

    /// How long it takes to get there.
    let duration: Duration
    let target: Int
    let description: String

    init?(_ text: String) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, let duration = try? Flags.stageDuration.read(String(parts[0])),
            let target = Int(parts[1]), (0...200_000).contains(target)
        else { return nil }
        self.duration = duration
        self.target = target
        description = text
    }
}

/// How many connections are to be open when: from each stage's end to the next in a straight line, the first from none.
struct Stages: Equatable {
    private let stages: [Stage]

    /// Nil without stages.
    init?(_ stages: [Stage]) {
        guard !stages.isEmpty else { return nil }
        self.stages = stages
    }

    /// How long all of them take.
    var duration: Duration { stages.reduce(.zero) { $0 + $1.duration } }

    /// The most connections.
    var most: Int { stages.map(\.target).max() ?? 0 }

    /// How many are to be open so long after the beginning.
    func target(at time: Duration) -> Int {
        var (begin, from) = (Duration.zero, 0)
        for stage in stages {
            let share = (time - begin) / stage.duration
            if share < 1 { return from + Int((Double(stage.target - from) * max(0, share)).rounded()) }
            begin += stage.duration
            from = stage.target
        }
        return from
    }
}
