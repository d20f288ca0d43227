package import AccessTokens

/// Where the keys of an issuer are fetched, and how often.
package struct KeySetLocation: Sendable, Hashable {
    /// The URL of the JSON Web Key Set: https, or http on loopback.
    package var url: String
    /// A PEM file of the certificate authorities to trust; those of the upstream by default, nil.
    package var authorityFile: String?
    /// How long a fetch may take in all; 10 s by default.
    package var timeout = Duration.seconds(10)
    /// When it is fetched.
    package var schedule = KeySetSchedule.Limits()

    /// Names the URL.
    package init(url: String, authorityFile: String? = nil) {
        self.url = url
        self.authorityFile = authorityFile
    }
}
