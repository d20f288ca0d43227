internal import Synchronization

/// Counts connections by the subject of their credential, for all shards together.
///
/// It has at most as many entries as there are connections.
final class SubjectLedger: Sendable {
    /// A connection, which counts until this is released.
    final class Place: Sendable {
        let subject: String
        private let ledger: SubjectLedger

        fileprivate init(_ subject: String, in ledger: SubjectLedger) {
            self.subject = subject
            self.ledger = ledger
        }

        deinit { ledger.leave(subject) }
    }

    private let limit: Atomic<Int>
    private let counts = Mutex<[String: Int]>([:])

    init(limit: Int) { self.limit = Atomic(limit) }

    /// Takes no more connections of a subject that has so many from now on; those that are there stay.
    func set(limit: Int) { self.limit.store(limit, ordering: .relaxed) }

    /// Whether a subject may have one more connection.
    func hasRoom(for subject: String) -> Bool {
        counts.withLock { $0[subject, default: 0] } < limit.load(ordering: .relaxed)
    }

    /// Counts a connection in; nil when its subject has as many as it may.
    func enter(_ subject: String) -> Place? {
        let isIn = counts.withLock { counts in
            guard counts[subject, default: 0] < limit.load(ordering: .relaxed) else { return false }
            counts[subject, default: 0] += 1
            return true
        }
        return isIn ? Place(subject, in: self) : nil
    }

    private func leave(_ subject: String) {
        counts.withLock { counts in
            guard let count = counts[subject] else { return }
            counts[subject] = count > 1 ? count - 1 : nil
        }
    }
}
