package import AccessTokens

/// Where the operator's own program is asked who may enter, and how much it is asked.
package struct HookLocation: Sendable, Hashable {
    /// The URL that questions are posted to: https, or http on loopback.
    package var url: String
    /// A PEM file of the certificate authorities to trust; those of the upstream by default, nil.
    package var authorityFile: String?
    /// How many calls at a time, how many wait, and how long a question may take.
    package var line = HookLine.Limits()
    /// How long answers count.
    package var cache = HookCache.Limits()

    /// Names the URL.
    package init(url: String, authorityFile: String? = nil) {
        self.url = url
        self.authorityFile = authorityFile
    }
}
