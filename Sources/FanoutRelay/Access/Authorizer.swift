package import AccessTokens
internal import Glibc
internal import Synchronization
internal import WebSockets
internal import Wire

/// Says who may enter: the one place that is asked at every door.
package final class Authorizer: Sendable {
    /// The verdict over a credential.
    enum Verdict {
        case granted(Grant)
        /// Nothing was shown: it may come in `connection_init`.
        case absent
        case refused(AccessRefusal)
    }

    /// The cookie that may carry a token; nil for none.
    let cookieName: String?
    private let verifier: Mutex<TokenVerifier?>
    private let refusals = Mutex<[String: Int]>([:])
    /// Fetches the keys of an issuer's URL, where there is one, while the relay runs.
    private let keySet = Mutex<KeySetFetcher?>(nil)

    /// Without a verifier everybody may have everything.
    package init(verifier: TokenVerifier? = nil, cookieName: String? = nil) {
        self.verifier = Mutex(verifier)
        self.cookieName = cookieName
    }

    /// True when nobody is asked who they are.
    package var isOpen: Bool { verifier.withLock { $0 == nil } }

    /// Judges by other tokens and keys from now on; who is there stays, and so do keys that were fetched.
    ///
    /// Where nobody is asked it does nothing.
    package func replace(_ verifier: TokenVerifier) {
        self.verifier.withLock { if let former = $0 { $0 = verifier.with(former.fetchedKeys) } }
    }

    // Keys of an issuer's URL.

    /// True while tokens can't be judged that need the keys of an issuer's URL.
    var awaitsKeys: Bool {
        verifier.withLock { if case .awaited? = $0?.fetchedKeys { true } else { false } }
    }

    /// Judges by these keys of an issuer's URL from now on.
    func publish(_ keys: [VerificationKey]) { verifier.withLock { $0 = $0?.with(.known(keys)) } }

    /// Has keys that are lacking fetched; nil takes leave of who fetched them.
    func use(_ fetcher: KeySetFetcher?) { keySet.withLock { $0 = fetcher } }

    /// Has the keys of an issuer's URL fetched now, where there is one.
    package func refreshKeys() { keySet.withLock { $0 }?.refresh() }

    /// What became of the fetches; nil without a URL.
    var keySetStatistics: KeySetStatistics? { keySet.withLock { $0 }?.statistics }

    // Verdicts.

    /// How many credentials were refused, by reason.
    var refusalsByReason: [String: Int] { refusals.withLock { $0 } }

    /// Judges what a handshake shows, or the first message of a connection.
    func judge(_ credential: Credential) -> Verdict { judge(credential, isRequest: false) }

    /// Judges what a plain request shows: a ticket only lets a stream of events begin.
    func judge(_ request: HTTPRequest) -> Verdict {
        judge(
            credential(request.authorization, request.cookie, request.parameter(Credential.ticketParameter)),
            isRequest: true
        )
    }

    /// Judges what a handshake shows.
    func judge(_ request: UpgradeRequest) -> Verdict {
        judge(credential(request.authorization, request.cookie, request.parameter(Credential.ticketParameter)))
    }

    private func credential(_ authorization: String?, _ cookie: String?, _ ticket: String?) -> Credential {
        Credential(authorization: authorization, cookie: cookie, ticket: ticket, cookieName: cookieName)
    }

    private func judge(_ credential: Credential, isRequest: Bool) -> Verdict {
        guard let verifier = verifier.withLock({ $0 }) else { return .granted(.everything) }
        let result: Result<Identity, TokenRefusal>
        var isForStreams = false
        switch credential {
        case .none: return .absent
        case .token(let token): result = verifier.verify(token, at: Self.now)
        case .ticket(let ticket):
            isForStreams = isRequest
            result = verifier.verifyTicket(ticket, at: Self.now)
        case .ambiguous: return .refused(count(.ambiguous))
        }
        switch result {
        case .success(let identity): return .granted(isForStreams ? .streams(identity) : .identity(identity))
        case .failure(let refusal):
            if refusal == .unknownKey { _ = keySet.withLock { $0 }?.wantsUnknownKey() }
            return .refused(refuse(refusal))
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
