package import AccessTokens
internal import Glibc
internal import Synchronization
internal import WebSockets

/// Says who may enter: the one place that is asked at every door.
package final class Authorizer: Sendable {
    /// The verdict over a credential.
    enum Verdict {
        case granted(Grant)
        /// Nothing was shown: it may come in `connection_init`.
        case absent
        case refused(AccessRefusal)
        /// It has to be found out, by `begin`.
        case later
    }

    /// The most decisions that are waited for at a time, in all shards.
    package static let maximumPending = 1024

    /// The cookie that may carry a token; nil for none.
    let cookieName: String?
    /// Whom somebody has to convince; nobody, where both are lacking.
    private struct Judges {
        var verifier: TokenVerifier?
        var asksHook: Bool
    }

    private let judges: Mutex<Judges>
    private var verifier: TokenVerifier? { judges.withLock { $0.verifier } }
    /// Whether a hook is asked what isn't known here.
    var asksHook: Bool { judges.withLock { $0.asksHook } }
    /// Knows the tokens of operators that are good for what they see, and for nothing else; nil where there are none.
    private let operators = Mutex<TokenVerifier?>(nil)
    private let refusals = Mutex<[String: Int]>([:])
    /// Fetches the keys of an issuer's URL, where there is one, while the relay runs.
    private let keySet = Mutex<KeySetFetcher?>(nil)
    /// The hook, while the relay runs.
    private let hook = Mutex<AuthHook?>(nil)
    private let pending = Atomic(0)
    /// Numbers the decisions.
    private let numbers = Atomic<UInt64>(0)

    /// Without a verifier and a hook everybody may have everything.
    package init(verifier: TokenVerifier? = nil, cookieName: String? = nil, asksHook: Bool = false) {
        judges = Mutex(Judges(verifier: verifier, asksHook: asksHook))
        self.cookieName = cookieName
    }

    /// True when nobody is asked who they are.
    package var isOpen: Bool { judges.withLock { !$0.asksHook && $0.verifier == nil } }

    /// True when nobody is asked at a door.
    func isOpen(at door: Door) -> Bool {
        switch door {
        case .clients: isOpen
        case .certified: false
        case .operators(let isOpen): isOpen
        }
    }

    /// Judges by the tokens, keys and rules of another one from now on; who is there stays, and keys that were fetched
    /// count until others are.
    ///
    /// Operators' tokens stay where the other one has none.
    ///
    /// - Parameter isForClients: Whether clients are judged so too, and not only operators.
    func adopt(_ other: Authorizer, isForClients: Bool) {
        if let operators = other.operators.withLock({ $0 }) { self.operators.withLock { $0 = operators } }
        guard isForClients else { return }
        let next = other.judges.withLock { $0 }
        judges.withLock { judges in
            let fetched = judges.verifier?.fetchedKeys
            judges = next
            if case .known? = fetched, case .awaited? = next.verifier?.fetchedKeys, let fetched {
                judges.verifier = next.verifier?.with(fetched)
            }
        }
    }

    /// Takes these tokens from operators from now on, at listeners of theirs, where each then needs one.
    package func admitOperators(_ tokens: StaticTokens) {
        operators.withLock { $0 = TokenVerifier(staticTokens: tokens) }
    }

    /// Whether operators have tokens of their own.
    package var knowsOperators: Bool { operators.withLock { $0 != nil } }

    // Keys of an issuer's URL.

    /// True while tokens can't be judged that need the keys of an issuer's URL.
    var awaitsKeys: Bool {
        if case .awaited? = verifier?.fetchedKeys { true } else { false }
    }

    /// Judges by these keys of an issuer's URL from now on.
    func publish(_ keys: [VerificationKey]) {
        judges.withLock { judges in
            // The URL may have been taken away while they were fetched.
            guard let verifier = judges.verifier else { return }
            if case .none = verifier.fetchedKeys { return }
            judges.verifier = verifier.with(.known(keys))
        }
    }

    /// Has keys that are lacking fetched; nil takes leave of who fetched them.
    func use(_ fetcher: KeySetFetcher?) { keySet.withLock { $0 = fetcher } }

    /// Has the keys of an issuer's URL fetched now, where there is one.
    package func refreshKeys() { keySet.withLock { $0 }?.refresh() }

    /// What became of the fetches; nil without a URL.
    var keySetStatistics: KeySetStatistics? { keySet.withLock { $0 }?.statistics }

    /// How many tokens are remembered that were found good; nil where none are taken.
    var rememberedTokens: Int? { verifier?.cachedCount }

    // The operator's hook.

    /// Has a hook asked; nil takes leave of it.
    func ask(_ hook: AuthHook?) { self.hook.withLock { $0 = hook } }

    /// What came of the questions; nil without a hook.
    var hookStatistics: HookStatistics? { hook.withLock { $0 }?.statistics }

    /// How many answers of the hook are remembered; nil without one.
    var rememberedAnswers: Int? { hook.withLock { $0 }?.rememberedCount }

    // Verdicts.

    /// How many credentials were refused, by reason.
    var refusalsByReason: [String: Int] { refusals.withLock { $0 } }

    /// Judges by what is known.
    ///
    /// - Parameter mayComeLater: Whether a credential may still come, so that its absence isn't judged yet.
    func judge(_ question: AccessQuestion, mayComeLater: Bool = false) -> Verdict {
        switch find(question, mayComeLater: mayComeLater) {
        case .verdict(let verdict): verdict
        case .needsKeys, .needsHook: .later
        }
    }

    /// What is known about a question.
    private enum Finding {
        case verdict(Verdict)
        case needsKeys
        case needsHook
    }

    private func find(_ question: AccessQuestion, mayComeLater: Bool = false, fetchesKeys: Bool = true) -> Finding {
        guard !isOpen(at: question.door) else { return .verdict(.granted(.everything)) }
        switch question.door {
        case .operators:
            if let identity = operatorIdentity(question.credential) { return .verdict(grant(identity, to: question)) }
            if isOpen { return .verdict(foreign(question)) }
        case .certified where isOpen || question.credential == .none:
            if let verdict = verdict(of: question.certificate) { return .verdict(verdict) }
        case .clients, .certified: break
        }
        let verifier = verifier
        let result: Result<Identity, TokenRefusal>
        switch question.credential {
        case .ambiguous: return .verdict(.refused(count(.ambiguous)))
        case .none: return mayComeLater || !asksHook ? .verdict(.absent) : consult(question)
        case .token(let token): result = verifier?.verify(token, at: Self.now) ?? .failure(.unknownToken)
        case .ticket(let ticket): result = verifier?.verifyTicket(ticket, at: Self.now) ?? .failure(.unknownToken)
        }
        switch result {
        case .success(let identity): return .verdict(grant(identity, to: question))
        case .failure(.unknownKey) where fetchesKeys && keySet.withLock { $0 }?.wantsUnknownKey() == true:
            return .needsKeys
        case .failure(let refusal) where asksHook && refusal.isUnknown: return consult(question)
        case .failure(let refusal): return .verdict(.refused(refuse(refusal)))
        }
    }

    /// What a certificate is good for; nil without one where there are other credentials.
    private func verdict(of certificate: ClientCertificate?) -> Verdict? {
        guard let certificate else { return isOpen ? .refused(count(.certificate(.missing))) : nil }
        do throws(CertificateFlaw) {
            return .granted(.identity(try Identity(certificate, at: Self.now)))
        } catch {
            return .refused(count(.certificate(error)))
        }
    }

    /// Whose a token is among those of operators alone.
    private func operatorIdentity(_ credential: Credential) -> Identity? {
        guard case .token(let token) = credential, let operators = operators.withLock({ $0 }) else { return nil }
        return try? operators.verify(token, at: Self.now).get()
    }

    /// The verdict where no credential is known.
    private func foreign(_ question: AccessQuestion) -> Verdict {
        switch question.credential {
        case .none: .absent
        case .ambiguous: .refused(count(.ambiguous))
        case .token, .ticket: .refused(refuse(.unknownToken))
        }
    }

    /// What the hook has said a moment ago.
    private func consult(_ question: AccessQuestion) -> Finding {
        guard question.payload.map({ $0.count <= HookQuestion.maximumPayloadSize }) ?? true else {
            return .verdict(.refused(refuse(.tooLarge)))
        }
        guard let judgement = hook.withLock({ $0 })?.known(question.hookQuestion) else { return .needsHook }
        return .verdict(verdict(of: judgement, over: question))
    }

    private func verdict(of judgement: HookAnswer.Judgement, over question: AccessQuestion) -> Verdict {
        switch judgement {
        case .allowed(let identity): grant(identity, to: question)
        // Who showed nothing is told that something is needed.
        case .unauthenticated where question.credential == .none, .forbidden where question.credential == .none: .absent
        case .unauthenticated: .refused(refuse(.denied))
        case .forbidden: .refused(refuse(.forbidden))
        }
    }

    private func grant(_ identity: Identity, to question: AccessQuestion) -> Verdict {
        let isForStreams = if case .ticket = question.credential { question.isRequest } else { false }
        let grant: Grant = isForStreams ? .streams(identity) : .identity(identity)
        if case .operators = question.door, !grant.has(.admin) { return .refused(refuse(.missingScope(.admin))) }
        return .granted(grant)
    }

    // Decisions that take time.

    /// How many are waited for.
    var pendingCount: Int { pending.load(ordering: .relaxed) }

    /// Takes a place for a decision that takes time; nil when there is none.
    func begin(_ question: AccessQuestion) -> PendingDecision? {
        guard pending.add(1, ordering: .relaxed).newValue <= Self.maximumPending else {
            endPending()
            return nil
        }
        return PendingDecision(question, by: self, number: numbers.add(1, ordering: .relaxed).newValue)
    }

    func endPending() { pending.subtract(1, ordering: .relaxed) }

    /// The refusal for who got no place.
    func refuseForLackOfPlaces() -> AccessRefusal { count(.undecided(.busy)) }

    /// Finds out what `judge` couldn't say; never `later`.
    func decide(_ question: AccessQuestion, number: UInt64) async -> Verdict {
        var finding = find(question)
        if case .needsKeys = finding {
            if let keySet = keySet.withLock({ $0 }) { await keySet.fetchEnds(number: number) }
            finding = find(question, fetchesKeys: false)
        }
        if case .verdict(let verdict) = finding { return verdict }
        guard let hook = hook.withLock({ $0 }) else { return .refused(count(.undecided(.unreachable))) }
        switch await hook.ask(question.hookQuestion, number: number) {
        case .success(let judgement): return verdict(of: judgement, over: question)
        case .failure(let failure): return .refused(count(.undecided(failure)))
        }
    }

    /// A refusal, counted.
    func refuse(_ refusal: TokenRefusal) -> AccessRefusal { count(.token(refusal)) }

    private func count(_ refusal: AccessRefusal) -> AccessRefusal {
        refusals.withLock { $0[refusal.metricReason, default: 0] += 1 }
        return refusal
    }

    /// Seconds since 1970.
    static var now: Double {
        var time = timespec()
        unsafe clock_gettime(CLOCK_REALTIME, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
}
