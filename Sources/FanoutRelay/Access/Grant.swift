internal import AccessTokens
internal import Fanout

/// What a client may have: everything where the relay is open, else what its credential says.
final class Grant: Sendable {
    /// Who it is, and what its credential permits; nil where the relay asks nobody.
    private let identity: Identity?
    /// True when it only lets streams of events begin.
    private let isForStreams: Bool

    /// Of a credential that was found good.
    ///
    /// - Parameter isForStreams: Whether it came in the address of a request: addresses are logged by proxies, and what a
    ///   request does could be repeated.
    init(_ identity: Identity?, isForStreams: Bool = false) {
        self.identity = identity
        self.isForStreams = isForStreams
    }

    /// Of everybody, where the relay asks nobody who they are.
    static let everything = Grant(nil)

    /// When it ends, in seconds since 1970; nil for never.
    var expiry: Double? { identity?.expiry }

    /// Whether both are of one person, as far as that is known.
    func isOfSameSubject(as other: Grant) -> Bool {
        guard let mine = identity?.subject, let theirs = other.identity?.subject else { return false }
        return mine.utf8.elementsEqual(theirs.utf8)
    }

    func has(_ scope: Scope) -> Bool {
        if isForStreams, scope == .execute || scope == .admin { return false }
        return identity?.scopes.contains(scope) ?? true
    }

    /// Whether it is good for the operator's own queries: they change nothing.
    var mayAskNamedQueries: Bool { !isForStreams && (has(.execute) || has(.subscribe)) }

    /// Whether the operator's topic of a name may be subscribed to.
    func allows(topic name: String) -> Bool { has(.subscribe) && identity?.topics.permits(name) ?? true }
}
