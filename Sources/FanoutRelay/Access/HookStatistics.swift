internal import AccessTokens
internal import Synchronization

/// What came of the questions to a hook; any thread may read and write it.
final class HookStatistics: Sendable {
    private let results = Mutex<[String: Int]>([:])
    private let cached = Atomic(0)

    /// All results, as the metrics call them.
    static let labels = ["allowed", "refused"] + AccessRefusal.Undecided.allCases.map(\.rawValue)

    func count(_ judgement: HookAnswer.Judgement) {
        let isAllowed = if case .allowed = judgement { true } else { false }
        count(isAllowed ? "allowed" : "refused")
    }

    func count(_ failure: AccessRefusal.Undecided) { count(failure.rawValue) }

    private func count(_ label: String) { results.withLock { $0[label, default: 0] += 1 } }

    /// Counts an answer that was known.
    func countCached() { cached.add(1, ordering: .relaxed) }

    /// How many questions needed no call.
    var cachedCount: Int { cached.load(ordering: .relaxed) }

    func count(of label: String) -> Int { results.withLock { $0[label] ?? 0 } }
}
