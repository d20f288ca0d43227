internal import Synchronization

/// How many requests and handshakes a server has answered, by status; any thread may count and read.
package final class ResponseCounts: Sendable {
    private let counts = Mutex<[Int: Int]>([:])

    /// The numbers by status; 101 for handshakes that were completed.
    package var byStatus: [Int: Int] { counts.withLock { $0 } }

    func count(_ status: Int) { counts.withLock { $0[status, default: 0] += 1 } }
}
