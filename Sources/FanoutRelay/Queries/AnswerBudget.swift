internal import Synchronization

/// Limits the bytes of all answers that wait for clients, over HTTP and WebSockets, on all shards.
///
/// Any thread may use it.
final class AnswerBudget: Sendable {
    /// Why an answer can't be held.
    enum Refusal: Error, Equatable {
        /// The answer is over the limit of one client.
        case client
        /// All answers together are over the limit.
        case all
    }

    /// The budget of one answer, which is free again when this is released.
    final class Hold: Sendable {
        let bytes: Int
        private let budget: AnswerBudget

        fileprivate init(_ bytes: Int, of budget: AnswerBudget) {
            self.bytes = bytes
            self.budget = budget
        }

        deinit { budget.used.subtract(bytes, ordering: .relaxed) }
    }

    /// Answers up to this size may use the whole budget; larger ones leave a part of it to them.
    static let smallSize = 64 << 10
    /// The bytes that an answer counts beside its own: its frame's head, its entries in lists.
    static let overhead = 256

    let limits: AnswerLimits
    private let used = Atomic(0)

    init(_ limits: AnswerLimits) { self.limits = limits }

    /// How many bytes are held.
    var held: Int { used.load(ordering: .relaxed) }

    /// Takes the budget for an answer of this size.
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
