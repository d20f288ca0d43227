/// The keys of an issuer's URL, as far as they are known.
package enum FetchedKeys: Sendable {
    /// There is no such URL.
    case none
    /// They haven't been fetched yet.
    case awaited
    /// Those of the last set that could be fetched and used.
    case known([VerificationKey])

    var keys: [VerificationKey] { if case .known(let keys) = self { keys } else { [] } }
}
