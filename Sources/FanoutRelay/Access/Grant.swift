package import AccessTokens
internal import Fanout

/// What a client may have: everything where the relay is open, else what its credential says.
package final class Grant: Sendable {
    /// Who it is, as the credential names it; nil where it names nobody.
    let subject: String?
    private let topics: TopicPatterns
    private let scopes: Set<Scope>
    /// When it ends, in seconds since 1970; nil for never.
    let expiry: Double?
    /// True when it only lets streams of events begin.
    let isForStreams: Bool

    /// Of a credential that was found good.
    package init(_ identity: Identity) {
        subject = identity.subject
        topics = identity.topics
        scopes = identity.scopes
        expiry = identity.expiry
        isForStreams = false
    }

    /// What a ticket is good for over HTTP: addresses are logged by proxies, and what a request does can be repeated.
    var forStreams: Grant {
        Grant(
            subject: subject,
            topics: topics,
            scopes: scopes.intersection([.subscribe, .own]),
            expiry: expiry,
            isForStreams: true
        )
    }

    private init(
        subject: String? = nil,
        topics: TopicPatterns = .all,
        scopes: Set<Scope> = Set(Scope.allCases),
        expiry: Double? = nil,
        isForStreams: Bool = false
    ) {
        self.subject = subject
        self.topics = topics
        self.scopes = scopes
        self.expiry = expiry
        self.isForStreams = isForStreams
    }

    /// Of everybody, where the relay asks nobody who they are.
    static let everything = Grant()

    func has(_ scope: Scope) -> Bool { scopes.contains(scope) }

    /// Whether it is good for the operator's own queries: they change nothing.
    var mayAskNamedQueries: Bool { !isForStreams && (scopes.contains(.execute) || scopes.contains(.subscribe)) }

    /// Whether the operator's topic of a name may be subscribed to.
    func allows(topic name: String) -> Bool { scopes.contains(.subscribe) && topics.permits(name) }
}
