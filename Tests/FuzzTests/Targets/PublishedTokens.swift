@testable import AccessTokens

/// The tokens of RFC 7515's appendices A.1 to A.3, whose keys are published there, too.
enum PublishedTokens {
    /// When they are good, in seconds since 1970.
    static let time = 1_300_819_300.0

    static let all = ["hs256", "rs256", "es256"].map { Corpus.input($0, of: "tokens") }

    private static let keys = {
        let set = Corpus.input("four", of: "key-sets")
        return (try? JSONWebKeySet(parsing: set, allowsSecrets: true))?.keys ?? []
    }()

    /// One that remembers nothing yet.
    static func verifier() -> TokenVerifier { TokenVerifier(keys: keys) }
}
