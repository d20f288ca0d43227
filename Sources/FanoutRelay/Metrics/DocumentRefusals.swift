internal import AllowedDocuments
internal import Synchronization

/// How often allowed documents were refused, by reason; any thread may count.
final class DocumentRefusals: Sendable {
    private let counts = Mutex<[DocumentRefusal.Reason: Int]>([:])

    func count(_ reason: DocumentRefusal.Reason) { counts.withLock { $0[reason, default: 0] += 1 } }

    subscript(reason: DocumentRefusal.Reason) -> Int { counts.withLock { $0[reason] ?? 0 } }
}
