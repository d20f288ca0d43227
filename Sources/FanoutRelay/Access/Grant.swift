internal import AccessTokens

/// What a client may have: everything where the relay is open, else what its credential says.
///
/// No larger than a reference, since each client keeps one.
enum Grant: Sendable {
    /// Everybody's, where the relay asks nobody who they are.
    case everything
    /// Of a credential that was found good.
    case identity(Identity)
    /// Of one that only lets streams of events begin, since it came in the address of a request: addresses are logged
    /// by proxies, and what a request does could be repeated.
    case streams(Identity)

    /// Who it is, and what its credential permits; nil where the relay asks nobody.
    private var identity: Identity? {
        switch self {
        case .everything: nil
        case .identity(let identity), .streams(let identity): identity
        }
    }

    private var isForStreams: Bool { if case .streams = self { true } else { false } }

    /// Whom the credential is for; nil where it doesn't say so.
    var subject: String? { identity?.subject }

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
    func allows(topic name: String) -> Bool { has(.subscribe) && permits(name) }

    /// Whether what the operator calls by a name is among what it is for.
    func permits(_ name: String) -> Bool { identity?.topics.permits(name) ?? true }

    /// The claim at a path, as JSON; nil without it.
    func claim(_ path: String) -> [UInt8]? { identity?.claim(path: path) }
}
