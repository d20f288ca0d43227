/// What a hook has said, for a while; a value, without a clock of its own.
///
/// It is bounded as `TokenCache` is, by two generations. Times are seconds since 1970.
package struct HookCache: Sendable {
    /// How much is kept, and how long.
    package struct Limits: Sendable, Hashable {
        /// Most entries of a generation.
        package var capacity = 8192
        /// Most bytes of answers in a generation.
        package var byteCapacity = 8 << 20
        /// How long it counts that somebody is let in, unless the answer names a nearer end; 5 s by default.
        package var allowed = 5.0
        /// How long it counts that somebody isn't; 5 s by default.
        package var refused = 5.0

        /// The defaults.
        package init() {}
    }

    private struct Entry {
        let judgement: HookAnswer.Judgement
        let validity: Range<Double>
        let size: Int
    }

    private let limits: Limits
    private var younger: [HookQuestion.Key: Entry] = [:]
    private var older: [HookQuestion.Key: Entry] = [:]
    private var youngerBytes = 0

    /// An empty one.
    package init(limits: Limits = Limits()) { self.limits = limits }

    /// How many answers are kept.
    package var count: Int { younger.count + older.count }

    /// What the hook has said of such a question, or of its credential.
    package mutating func judgement(of question: HookQuestion, at now: Double) -> HookAnswer.Judgement? {
        if let judgement = judgement(under: question.key, at: now) { return judgement }
        return question.credentialKey.flatMap { judgement(under: $0, at: now) }
    }

    private mutating func judgement(under key: HookQuestion.Key, at now: Double) -> HookAnswer.Judgement? {
        if let entry = younger[key] { return entry.validity.contains(now) ? entry.judgement : nil }
        guard let entry = older.removeValue(forKey: key), entry.validity.contains(now) else { return nil }
        insert(entry, under: key)
        return entry.judgement
    }

    /// Keeps an answer for as long as it may count.
    package mutating func insert(_ answer: HookAnswer, to question: HookQuestion, at now: Double) {
        var end = now + limits.refused
        if case .allowed(let identity) = answer.judgement {
            end = min(now + limits.allowed, identity.expiry ?? .infinity)
        }
        guard now < end else { return }
        let entry = Entry(judgement: answer.judgement, validity: now..<end, size: answer.size)
        let key = answer.reach == .credential ? question.credentialKey ?? question.key : question.key
        insert(entry, under: key)
    }

    private mutating func insert(_ entry: Entry, under key: HookQuestion.Key) {
        guard limits.capacity > 0 else { return }
        if younger.count >= limits.capacity || youngerBytes + entry.size > limits.byteCapacity {
            older = younger
            younger = [:]
            youngerBytes = 0
        }
        let former = younger.updateValue(entry, forKey: key)
        youngerBytes += entry.size - (former?.size ?? 0)
    }
}
