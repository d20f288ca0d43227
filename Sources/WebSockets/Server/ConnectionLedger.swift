internal import Synchronization

/// Counts connections by address, or by /64 of IPv6, for all listeners and servers of a process together.
///
/// Connections without an address aren't counted. It has at most as many entries as there are connections.
package final class ConnectionLedger: Sendable {
    private let counts = Mutex<[ClientNetwork: Int]>([:])

    /// Makes an empty ledger.
    package init() {}

    /// Counts a connection in, unless its network has `limit` already.
    package func admit(_ network: ClientNetwork, limit: Int) -> Bool {
        if network == .unknown { return true }
        return counts.withLock { counts in
            let count = counts[network, default: 0]
            guard count < limit else { return false }
            counts[network] = count + 1
            return true
        }
    }

    /// Counts a connection out.
    package func leave(_ network: ClientNetwork) {
        counts.withLock { counts in
            guard let count = counts[network] else { return }
            counts[network] = count > 1 ? count - 1 : nil
        }
    }
}
