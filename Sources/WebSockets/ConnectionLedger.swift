internal import Synchronization

/// Counts connections by address, for all listeners and servers of a process together.
package final class ConnectionLedger: Sendable {
    private let counts = Mutex<[String: Int]>([:])

    /// Makes an empty ledger.
    package init() {}

    /// Counts a connection in, unless its address has `limit` already.
    package func admit(_ address: String, limit: Int) -> Bool {
        counts.withLock { counts in
            let count = counts[address, default: 0]
            guard count < limit else { return false }
            counts[address] = count + 1
            return true
        }
    }

    /// Counts a connection out.
    package func leave(_ address: String) {
        counts.withLock { counts in
            guard let count = counts[address] else { return }
            counts[address] = count > 1 ? count - 1 : nil
        }
    }
}
