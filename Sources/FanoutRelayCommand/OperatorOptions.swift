internal import AccessTokens
import ArgumentParser
import CommandSupport
import FanoutRelay
import Glibc

/// Flags about what is for operators.
struct OperatorOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "An address for operators alone, written like one of --listen; may be repeated. It has /metrics, /readyz "
                + "with reasons, /healthz, the page at / and what that shows, on a thread of its own and without the "
                + "limits for clients. --listen then serves none of it but /healthz, and /readyz as a status without "
                + "text. Web pages of other origins may connect if origins= of the address names them. An address of "
                + "loopback and a Unix socket need no token without --admin-token-file; others, and all behind a proxy "
                + "that is trusted, need one of that file or of the scope admin.",
            valueName: "address"
        ),
        as: Flags.listener
    )
    var adminListen: [ListenerFlag] = []

    @Option(
        help: ArgumentHelp(
            "A file of tokens for --admin-listen, one a line, perhaps with subject=NAME behind it. With it all paths "
                + "of "
                + "those addresses need a token, but for /healthz and the page itself: one of the file, which is good "
                + "for nothing else, or one of the scope admin. Clients can then be closed, by the page or by POST to "
                + "/clients/NUMBER/close. kill -HUP reads it again.",
            valueName: "file"
        )
    )
    var adminTokenFile: String?

    /// Refuses flags that would have no effect.
    func validate() throws {
        if adminTokenFile != nil, adminListen.isEmpty {
            throw ValidationError("\(Self.tokenFlag): allowed: together with \(Self.listenFlag) only")
        }
    }

    /// Writes the flags to a configuration, after those of listeners and access.
    func apply(to configuration: inout Configuration) throws {
        configuration.operatorListeners = try listeners(besides: configuration)
        if let tokens = try tokens() { configuration.authorizer.admitOperators(tokens) }
        for listener in configuration.operatorListeners where configuration.isClosed(toOperatorsAt: listener) {
            throw Failure(
                line: "\(Self.listenFlag) \(listener): others could see what operators see; allowed: with "
                    + "\(Self.tokenFlag), \(AccessOptions.credentialFlags)",
                exitCode: EX_USAGE
            )
        }
    }

    /// The listeners; none may have a socket that clients come to.
    func listeners(besides configuration: Configuration) throws -> [ListenerConfiguration] {
        // Which clients have certificates says nothing of operators.
        let listeners = try ListenerAssembly(option: Self.listenFlag, common: configuration.tls)
            .listeners(adminListen, configuration.trustedProxies)
        let taken = configuration.listeners.compactMap(\.passedDescriptor)
        for listener in listeners {
            guard let descriptor = listener.passedDescriptor, taken.contains(descriptor) else { continue }
            throw Failure(
                line: "\(Self.listenFlag) \(listener): --listen has this socket too; allowed: systemd:NAME with names "
                    + "that differ, for both",
                exitCode: EX_USAGE
            )
        }
        return listeners
    }

    /// What the file of tokens says now; nil without one.
    func tokens() throws -> StaticTokens? {
        guard let adminTokenFile else { return nil }
        let bytes = try FileText.readBytes(adminTokenFile, option: Self.tokenFlag, limit: StaticTokens.maximumSize)
        do throws(TokenFileError) {
            return try StaticTokens(parsing: bytes, granting: [.admin, .subscribe])
        } catch {
            throw Failure(line: "\(Self.tokenFlag) '\(adminTokenFile)': \(error)", exitCode: EX_CONFIG)
        }
    }

    static let listenFlag = "--admin-listen"
    private static let tokenFlag = "--admin-token-file"
}

extension ListenerConfiguration {
    /// The descriptor of a socket that was passed; nil of others.
    fileprivate var passedDescriptor: Int32? { if case .adopted(let descriptor) = address { descriptor } else { nil } }
}
