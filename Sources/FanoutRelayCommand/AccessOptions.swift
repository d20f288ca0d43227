internal import AccessTokens
import ArgumentParser
import CommandSupport
import FanoutRelay

/// Flags about who may connect, and what they may have.
struct AccessOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "A file of tokens, one a line, with what each permits: 'TOKEN subject=alice topics=prices,orders.* "
                + "scopes=subscribe,execute'. Without topics it is every topic, without scopes it is subscribe. The "
                + "scopes are subscribe, execute (queries and mutations), own (client topics) and admin (/metrics and "
                + "the reasons of /readyz). kill -HUP reads it again.",
            valueName: "file"
        )
    )
    var tokenFile: String?

    @Option(
        help: ArgumentHelp(
            "A key that verifies JSON Web Tokens: a public key or certificate in PEM, or else a secret for HS256, "
                + "HS384 or HS512 of at least as many bytes as the hash has; may be repeated. kill -HUP reads it "
                + "again.",
            valueName: "file"
        )
    )
    var jwtKeyFile: [String] = []

    @Option(
        help: ArgumentHelp(
            "A JSON Web Key Set whose keys verify tokens; keys of unknown kinds are passed over. kill -HUP reads it "
                + "again.",
            valueName: "file"
        )
    )
    var jwksFile: String?

    @Option(
        help: ArgumentHelp(
            "Where the issuer publishes its JSON Web Key Set, by https, or http on a loopback address. It is fetched "
                + "every 10 minutes, or by its Cache-Control within 1 minute and 1 hour, and when a token names a key "
                + "that it doesn't have, then at most every 30 s; the last one that could be used stays in use. Until "
                + "the first one is there tokens that need it are answered 503 or 1013. Redirects aren't followed. "
                + "Proxies are those of the upstream. kill -HUP fetches it again.",
            valueName: "url"
        ),
        transform: Flags.trustedURL
    )
    var jwksUrl: String?

    @Option(
        help: ArgumentHelp(
            "A PEM file of the certificate authorities to trust for --jwks-url, instead of those for the upstream.",
            valueName: "file"
        )
    )
    var jwksCa: String?

    @Option(
        help: ArgumentHelp("The issuer that tokens must name as iss; by default it isn't looked at.", valueName: "text")
    )
    var jwtIssuer: String?

    @Option(
        help: ArgumentHelp(
            "The audience that tokens must name as aud, or one of several if it is repeated. Without it only tokens "
                + "that name no audience are accepted; * accepts all.",
            valueName: "text"
        )
    )
    var jwtAudience: [String] = []

    @Option(
        help: ArgumentHelp(
            "The algorithms that tokens may be signed with, separated by commas; by default \(Self.usualAlgorithms), "
                + "and HS256 with a secret. The key of a token decides among them, never the token.",
            valueName: "names"
        ),
        transform: Self.algorithms
    )
    var jwtAlgorithms: Set<JWTAlgorithm>?

    @Option(
        help: ArgumentHelp("How far the clocks of who issues tokens may be wrong.", valueName: "duration"),
        as: Flags.duration(.zero ... .seconds(600))
    )
    var jwtLeeway = Duration.seconds(TokenRules().leeway)

    @Option(
        help: ArgumentHelp(
            "The claim that lists the topics of a token, an array of names of which each may end with *; dots lead "
                + "into objects. A token without it is for all topics.",
            valueName: "path"
        )
    )
    var tokenTopicsClaim = TokenRules().topicsClaim

    @Flag(
        inversion: .prefixedNo,
        help: "A token without the claim of --token-topics-claim is for no topic."
    )
    var requireTopicsClaim = false

    @Option(
        help: ArgumentHelp(
            "A cookie that may carry the token, for pages of the origins of --allow-origin, which it needs.",
            valueName: "name"
        )
    )
    var tokenCookie: String?

    @OptionGroup
    var hook: HookOptions

    @Flag(
        inversion: .prefixedNo,
        help: """
            Serve everybody who reaches --listen without a token. Needed where that is no loopback address, or behind \
            a proxy that is trusted, and neither --token-file, --jwt-key-file, --jwks-file, --jwks-url nor --auth-hook \
            is given.
            """
    )
    var open = false

    /// True when who connects must show a token.
    var asksForTokens: Bool { tokenFile != nil || takesJWTs }

    /// True when there are keys that verify JSON Web Tokens.
    private var takesJWTs: Bool { !jwtKeyFile.isEmpty || jwksFile != nil || jwksUrl != nil }

    private static let jwtFlags = "--jwt-key-file, --jwks-file or --jwks-url"

    /// What gives somebody a token that can be judged.
    static let credentialFlags = "--token-file, \(jwtFlags), or --auth-hook"

    /// True when everybody who connects is asked who they are.
    private var asks: Bool { asksForTokens || hook.authHook != nil }

    /// Refuses flags that would have no effect.
    func validate() throws {
        if open, asks {
            throw ValidationError("--open: allowed: without --token-file, keys of tokens and --auth-hook only")
        }
        let jwtOnly: [(String, Bool)] = [
            ("--jwt-issuer", jwtIssuer != nil), ("--jwt-audience", !jwtAudience.isEmpty),
            ("--jwt-algorithms", jwtAlgorithms != nil), ("--jwt-leeway", jwtLeeway != .seconds(TokenRules().leeway)),
            ("--token-topics-claim", tokenTopicsClaim != TokenRules().topicsClaim),
            ("--require-topics-claim", requireTopicsClaim),
        ]
        for (name, isGiven) in jwtOnly where isGiven && !takesJWTs {
            throw ValidationError("\(name): allowed: together with \(Self.jwtFlags) only")
        }
        if jwksCa != nil, jwksUrl == nil {
            throw ValidationError("--jwks-ca: allowed: together with --jwks-url only")
        }
        if tokenCookie != nil, !asks {
            throw ValidationError(
                "--token-cookie: allowed: together with --token-file, --auth-hook, \(Self.jwtFlags) only"
            )
        }
    }

    /// True when nobody is asked, and `--open` doesn't say that this is meant.
    var mayNotBeOpen: Bool { !open && !asks }

    /// Complains of addresses that are open to others than this machine's.
    static func checkOpenness(of configuration: Configuration) throws(Failure) {
        guard configuration.authorizer.isOpen else { return }
        let allowed = "allowed: with --token-file, \(jwtFlags), with --auth-hook, --tls-client-ca or --open"
        let opened = configuration.listeners.filter { !configuration.asksForCertificates(at: $0) }
        if let listener = opened.first(where: { !$0.isLoopback }) {
            throw Failure(
                line: "--listen \(listener): everybody who reaches it would get every topic; \(allowed)",
                exitCode: 64
            )
        }
        if let listener = opened.first(where: configuration.hasProxy) {
            throw Failure(
                line: "--listen \(listener): everybody who reaches the proxy in front of it would get every topic; "
                    + allowed,
                exitCode: 64
            )
        }
    }

    /// Tells a configuration who may connect; after the flags of what it listens on.
    func apply(to configuration: inout Configuration) throws {
        guard asks else {
            if mayNotBeOpen { try Self.checkOpenness(of: configuration) }
            return
        }
        let allowed = configuration.admission.allowedOrigins
        let origins = configuration.listeners.map { $0.allowedOrigins ?? allowed }
        if tokenCookie != nil, origins.contains(where: { $0.isEmpty || $0.contains("*") }) {
            throw Failure(
                line: "--token-cookie: allowed: together with --allow-origin only, and not with *, since browsers send "
                    + "cookies from every page",
                exitCode: 64
            )
        }
        configuration.hook = try hook.location()
        configuration.authorizer = Authorizer(
            verifier: asksForTokens ? try verifier(keeping: configuration.boundClaims) : nil,
            cookieName: tokenCookie,
            asksHook: configuration.hook != nil
        )
        guard let jwksUrl else { return }
        if let jwksCa { try FileText.checkReadable(jwksCa, option: "--jwks-ca") }
        configuration.keySet = KeySetLocation(url: jwksUrl, authorityFile: jwksCa)
    }

    /// What the files say now.
    ///
    /// - Parameter claims: The paths of the claims that are needed later.
    func verifier(keeping claims: [String]) throws -> TokenVerifier {
        var tokens = StaticTokens()
        if let tokenFile {
            let limit = StaticTokens.maximumSize
            let bytes = try FileText.readBytes(tokenFile, option: "--token-file", limit: limit)
            do throws(TokenFileError) {
                tokens = try StaticTokens(parsing: bytes)
            } catch {
                throw Failure(line: "--token-file '\(tokenFile)': \(error)", exitCode: 78)
            }
        }
        var keys = try jwtKeyFile.map(Self.key)
        if let jwksFile {
            let bytes = try FileText.readBytes(jwksFile, option: "--jwks-file")
            do throws(JSONWebKeySet.Fault) {
                keys += try JSONWebKeySet(parsing: bytes, allowsSecrets: true).keys
            } catch {
                throw Failure(line: "--jwks-file '\(jwksFile)': \(error)", exitCode: 78)
            }
        }
        var rules = rules
        rules.keptClaims = claims
        return TokenVerifier(
            staticTokens: tokens,
            keys: keys,
            fetchedKeys: jwksUrl == nil ? .none : .awaited,
            rules: rules
        )
    }

    private var rules: TokenRules {
        var rules = TokenRules()
        rules.issuer = jwtIssuer
        rules.audience = jwtAudience.contains("*") ? .any : .oneOf(jwtAudience)
        rules.algorithms = jwtAlgorithms
        rules.leeway = jwtLeeway / .seconds(1)
        rules.topicsClaim = tokenTopicsClaim
        rules.requiresTopicsClaim = requireTopicsClaim
        return rules
    }

    private static func key(_ path: String) throws -> VerificationKey {
        let bytes = try FileText.readBytes(path, option: "--jwt-key-file")
        do throws(KeyFault) {
            let isText = String(decoding: bytes, as: UTF8.self).contains("-----BEGIN")
            return isText ? try VerificationKey(pem: bytes) : try VerificationKey(secretFile: bytes)
        } catch {
            throw Failure(line: "--jwt-key-file '\(path)': \(error)", exitCode: 78)
        }
    }

    private static let usualAlgorithms = JWTAlgorithm.usual.map(\.rawValue).sorted().joined(separator: ", ")

    private static func algorithms(_ text: String) throws -> Set<JWTAlgorithm> {
        let names = text.split(separator: ",", omittingEmptySubsequences: false)
        return Set(
            try names.map { name in
                guard let algorithm = JWTAlgorithm(named: String(name)) else {
                    let all = JWTAlgorithm.allCases.map(\.rawValue).joined(separator: ", ")
                    throw ValidationError("--jwt-algorithms '\(name.prefix(50))': allowed: \(all)")
                }
                return algorithm
            }
        )
    }
}
