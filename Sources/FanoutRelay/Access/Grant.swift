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

    /// Of a credential that was found good.
    package init(_ identity: Identity) {
        subject = identity.subject
        topics = identity.topics
        scopes = identity.scopes
        expiry = identity.expiry
    }

    private init() {
        subject = nil
        topics = .all
        scopes = Set(Scope.allCases)
        expiry = nil
    }

    /// Of everybody, where the relay asks nobody who they are.
    static let everything = Grant()

    func has(_ scope: Scope) -> Bool { scopes.contains(scope) }

    /// Whether the operator's topic of a name may be subscribed to.
    func allows(topic name: String) -> Bool { scopes.contains(.subscribe) && topics.permits(name) }
}
