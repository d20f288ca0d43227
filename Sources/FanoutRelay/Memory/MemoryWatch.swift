internal import Logging
internal import Synchronization
internal import WebSockets

/// Looks at the process's memory four times a second, and has what is too much given up; used on the upstream loop
/// only.
final class MemoryWatch: Sendable {
    private static let interval = Duration.milliseconds(250)

    private let budget: MemoryBudget
    private let shards: [Shard]
    private let upstream: TopicRunner
    private let group: (any RelayGroup)?
    private let logger: Logger
    /// Freed memory is given back on a thread of its own, because that can take a while.
    private let trimmer = OwnThread(name: "memory")
    private let isTrimming = Atomic(false)

    init(
        _ budget: MemoryBudget,
        of shards: [Shard],
        _ upstream: TopicRunner,
        _ group: (any RelayGroup)? = nil,
        logger: Logger
    ) {
        self.budget = budget
        self.shards = shards
        self.upstream = upstream
        self.group = group
        self.logger = logger
    }

    /// Looks until the task is cancelled, or the loop stops.
    func run() async {
        let clock = LoopClock(upstream.loop)
        while (try? await clock.sleep(for: Self.interval)) != nil {
            guard let resident = ProcessMemory.resident else { return }
            await look(at: resident)
        }
    }

    /// Judges what the process has.
    func look(at resident: Int) async {
        let former = budget.pressure
        let pressure = budget.note(resident: resident)
        if pressure != former { report(pressure) }
        guard pressure == .over else { return }
        await upstream.shed()
        await group?.shed()
        for shard in shards { await shard.shed() }
        guard !isTrimming.exchange(true, ordering: .relaxed) else { return }
        Task(executorPreference: trimmer) { [self] in
            Memory.giveBack()
            isTrimming.store(false, ordering: .relaxed)
        }
    }

    private func report(_ pressure: MemoryBudget.Pressure) {
        let metadata: Logger.Metadata = ["resident": "\(budget.resident)", "limit": "\(budget.limit)"]
        switch pressure {
        case .none: logger.notice("there is memory again: clients are accepted", metadata: metadata)
        case .high: logger.warning("memory is short: new clients are refused", metadata: metadata)
        case .over:
            logger.warning("memory is short: histories are cut, and clients that lag are closed", metadata: metadata)
        }
    }
}
