internal import AccessTokens
import ArgumentParser
import CommandSupport
import FanoutRelay

/// Flags about a program of the operator's that is asked who may enter.
struct HookOptions: ParsableArguments {
    private static let defaults = HookLocation(url: "")

    @Option(
        help: ArgumentHelp(
            "A URL, of https, or of http on a loopback address, that is asked by POST who may enter: about credentials "
                + "that neither --token-file nor the keys of tokens know, and about clients without any. Clients.md "
                + "has the question and the answer. Without an answer nobody gets in: 503 or 1013. Proxies are those "
                + "of the upstream.",
            valueName: "url"
        ),
        transform: Flags.trustedURL
    )
    var authHook: String?

    @Option(
        help: ArgumentHelp(
            "A PEM file of the certificate authorities to trust for --auth-hook, instead of those for the upstream.",
            valueName: "file"
        )
    )
    var authHookCa: String?

    @Option(
        help: ArgumentHelp(
            "How long a question to --auth-hook may take, its turn in the line included.",
            valueName: "duration"
        ),
        as: Flags.duration(.milliseconds(10) ... .seconds(60))
    )
    var authHookTimeout = Self.defaults.line.timeout

    @Option(
        help: ArgumentHelp(
            "How many questions --auth-hook is asked at a time; \(Self.defaults.line.waiting) more wait for their "
                + "turn.",
            valueName: "count"
        ),
        as: Flags.integer(1...1024)
    )
    var authHookConcurrency = Self.defaults.line.concurrency

    @Option(
        help: ArgumentHelp(
            "How long it counts that --auth-hook let somebody in, if its answer names no nearer end; refusals count "
                + "for 5 s at most.",
            valueName: "duration"
        ),
        as: Flags.duration(.zero ... .seconds(3600))
    )
    var authHookCache = Duration.seconds(Self.defaults.cache.allowed)

    /// Refuses flags that would have no effect.
    func validate() throws {
        guard authHook == nil else { return }
        let others: [(String, Bool)] = [
            ("--auth-hook-ca", authHookCa != nil),
            ("--auth-hook-timeout", authHookTimeout != Self.defaults.line.timeout),
            ("--auth-hook-concurrency", authHookConcurrency != Self.defaults.line.concurrency),
            ("--auth-hook-cache", authHookCache != .seconds(Self.defaults.cache.allowed)),
        ]
        for (name, isGiven) in others where isGiven {
            throw ValidationError("\(name): allowed: together with --auth-hook only")
        }
    }

    /// What the flags say; nil without a hook.
    func location() throws -> HookLocation? {
        guard let authHook else { return nil }
        if let authHookCa { try FileText.checkReadable(authHookCa, option: "--auth-hook-ca") }
        var location = HookLocation(url: authHook, authorityFile: authHookCa)
        location.line.timeout = authHookTimeout
        location.line.concurrency = authHookConcurrency
        location.cache.allowed = authHookCache / .seconds(1)
        location.cache.refused = min(location.cache.refused, location.cache.allowed)
        return location
    }
}
