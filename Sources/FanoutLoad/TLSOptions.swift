import ArgumentParser

/// How connections by wss:// and https:// are made.
struct TLSOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "A PEM file of the certificate authorities to trust, instead of those of the system.",
            valueName: "file"
        )
    )
    var tlsCa: String?

    @Flag(help: "Takes every certificate, whoever made it and for whatever name.")
    var insecure = false

    /// Refuses flags that would have no effect.
    func validate(hasSecure: Bool) throws {
        if tlsCa != nil, insecure { throw ValidationError("--tls-ca: allowed: without --insecure") }
        for (option, isGiven) in [("--tls-ca", tlsCa != nil), ("--insecure", insecure)] where isGiven && !hasSecure {
            throw ValidationError("\(option): allowed: with a url of wss:// or https:// only")
        }
    }

    /// Whom connections trust; nil when none is by TLS.
    func trust(hasSecure: Bool) throws(TLSTrust.Failure) -> TLSTrust? {
        guard hasSecure else { return nil }
        return try TLSTrust(insecure ? .everybody : tlsCa.map(TLSTrust.Authorities.file) ?? .system)
    }
}
