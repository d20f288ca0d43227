internal import Synchronization

/// The bytes of answers that are held for clients, of all shards and over HTTP as over WebSockets.
///
/// Every thread may use it.
final class AnswerBudget: Sendable {
    /// Why an answer can't be held.
    enum Refusal: Error, Equatable {
        /// One client may not have so much.
        case client
        /// All have too much together.
        case all
    }

    /// Bytes of an answer that is held; they are free again when it is let go of.
    final class Hold: Sendable {
        let bytes: Int
        private let budget: AnswerBudget

        fileprivate init(_ bytes: Int, of budget: AnswerBudget) {
            self.bytes = bytes
            self.budget = budget
        }

        deinit { budget.used.subtract(bytes, ordering: .relaxed) }
    }

    /// An answer up to this size may use all of the budget, so that large ones leave room for small ones.
    static let smallSize = 64 << 10
    /// What an answer counts beside its bytes: its frame's head, its places in lists.
    static let overhead = 256

    let limits: AnswerLimits
    private let used = Atomic(0)

    init(_ limits: AnswerLimits) { self.limits = limits }

    /// How many bytes are held.
    var held: Int { used.load(ordering: .relaxed) }

    /// Takes what an answer of this size needs.
    func hold(_ size: Int) throws(Refusal) -> Hold {
        let bytes = size + Self.overhead
        guard size <= limits.bytesPerClient else { throw .client }
        let room = size <= Self.smallSize ? limits.bytes : limits.bytes - limits.bytes / 8
        guard used.add(bytes, ordering: .relaxed).newValue <= room else {
            used.subtract(bytes, ordering: .relaxed)
            throw .all
        }
        return Hold(bytes, of: self)
    }
}
