internal import Synchronization

/// How much memory the process may have, and how near to that it is.
///
/// Any thread may ask. Without it the system's OOM killer would choose, and end all clients' connections for the few
/// that hold the most.
final class MemoryBudget: Sendable {
    /// How near the process is to its limit.
    enum Pressure: Int, AtomicRepresentable {
        /// There is room.
        case none
        /// Newcomers are refused: connections, and client topics.
        case high
        /// What clients have fallen behind by is given up too.
        case over
    }

    /// In bytes.
    var limit: Int { allowed.load(ordering: .relaxed) }
    private let allowed: Atomic<Int>
    private let lastResident = Atomic(0)
    private let lastPressure = Atomic(Pressure.none)
    private let shedCount = Atomic(0)
    private let refusedCount = Atomic(0)

    init(limit: Int) { allowed = Atomic(limit) }

    /// Allows so many bytes from the next look on.
    func set(limit: Int) { allowed.store(limit, ordering: .relaxed) }

    /// What the process was last seen to have, in bytes; 0 before the first look.
    var resident: Int { lastResident.load(ordering: .relaxed) }

    var pressure: Pressure { lastPressure.load(ordering: .relaxed) }

    /// How many clients were cut off to get memory back.
    var shedClients: Int { shedCount.load(ordering: .relaxed) }

    /// How many client topics were refused for lack of memory.
    var refusedTopics: Int { refusedCount.load(ordering: .relaxed) }

    /// Notes what the process has now.
    ///
    /// A pressure begins at its mark and ends some way below it, so that it doesn't come and go with each event.
    @discardableResult
    func note(resident bytes: Int) -> Pressure {
        lastResident.store(bytes, ordering: .relaxed)
        let share = Double(bytes) / Double(limit)
        let former = pressure
        let pressure: Pressure =
            if share >= 0.95 || (former == .over && share >= 0.9) {
                .over
            } else if share >= 0.9 || (former != .none && share >= 0.85) {
                .high
            } else {
                .none
            }
        lastPressure.store(pressure, ordering: .relaxed)
        return pressure
    }

    /// Counts a client that was cut off.
    func countShed() { shedCount.add(1, ordering: .relaxed) }

    /// Whether a client may have one more topic of its own; a refusal is counted.
    func admitsTopic() -> Bool {
        guard pressure != .none else { return true }
        refusedCount.add(1, ordering: .relaxed)
        return false
    }
}
