import FanoutRelay

/// What SIGHUP does with each setting of `serve`; Settings.md says the same.
enum ReloadTable {
    /// How clients are judged.
    private static let credentials: Set<String> = [
        "token-file", "jwt-key-file", "jwks-file", "jwks-url", "jwks-ca", "jwt-issuer", "jwt-audience",
        "jwt-algorithms", "jwt-leeway", "token-topics-claim", "require-topics-claim", "auth-hook", "auth-hook-ca",
        "auth-hook-timeout", "auth-hook-concurrency", "auth-hook-cache", "open",
    ]

    /// Those that change while the relay runs.
    static let live: Set<String> = credentials.union([
        "topic", "topic-option", "refetch-timeout", "allow-any-subscription", "max-topics", "topic-linger",
        "allow-document", "document-variable", "named-query", "allow-origin", "allow-host", "max-connections",
        "max-connections-per-address", "accept-rate", "accept-rate-per-address", "max-subscriptions", "init-timeout",
        "client-ping-interval", "client-pong-timeout", "lag-limit-bytes", "lag-limit-age", "history-bytes",
        "history-events", "history-age", "flush-interval", "drain-window", "drain-rate", "drain-delay", "message-rate",
        "subscribe-rate", "max-connections-per-subject", "max-memory", "admin-token-file", "log-level",
    ])

    /// Those that stay as they are until the next start.
    static let restart: Set<String> = [
        "upstream", "execute-url", "header", "header-file", "init-payload", "init-payload-file", "credentials-command",
        "credentials-timeout", "upstream-subprotocol", "upstream-tokens", "upstream-ca", "upstream-certificate",
        "upstream-key",
        "retry-connect", "stable-after", "retry-subscribe", "retry-execute", "execute-timeout", "retry-close-code",
        "fatal-close-code", "fatal-pause", "connect-timeout", "ack-timeout", "ping-interval", "pong-timeout",
        "close-timeout", "probe", "max-message", "allow-execute", "max-executions", "max-waiting-executions",
        "execution-wait", "max-answer-bytes", "max-answer-bytes-per-client", "min-read-rate", "listen",
        "tls-certificate", "tls-key", "tls-client-ca", "tls-client-optional", "trusted-proxy", "forwarded-header",
        "shards", "max-client-message", "max-gathered-bytes", "send-buffer", "token-cookie", "admin-listen",
        "log-format", "cluster", "cluster-node", "cluster-name", "cluster-role", "cluster-standby", "cluster-lease",
        "cluster-partitions", "cluster-replicas", "cluster-storage", "cluster-history-bytes", "cluster-history-age",
        "cluster-linger", "cluster-credentials", "cluster-nkey-file", "cluster-token-file", "cluster-user",
        "cluster-password-file", "cluster-ca", "cluster-certificate", "cluster-key",
    ]

    /// What of the live ones stays in a case that the relay tells.
    private static func kept(_ fixed: Reload.Fixed) -> Set<String> {
        switch fixed {
        case .maximumConnections: ["max-connections"]
        case .queries: ["named-query", "allow-document", "document-variable"]
        case .credentials: credentials
        case .hookCalls: ["auth-hook-concurrency"]
        case .operatorTokens: ["admin-token-file"]
        case .upstream, .listeners, .proxies, .certificateFiles, .shards, .sendBuffer, .cluster, .tokenCookie,
            .messageSizes, .execution:
            []
        }
    }

    /// Which settings changed, and which differ from the start and stay.
    ///
    /// - Parameters:
    ///   - differences: What differs from the settings before the reload.
    ///   - sinceStart: What differs from those of the start; a reload can't change what needs a restart.
    static func judge(
        _ differences: [String],
        sinceStart: [String],
        _ outcome: Reload
    ) -> (changed: [String], needRestart: [String]) {
        let kept = outcome.needsRestart.reduce(into: Set<String>()) { $0.formUnion(self.kept($1)) }
        let needRestart = sinceStart.filter { restart.contains($0) || kept.contains($0) }
        let changed = differences.filter { !needRestart.contains($0) && !restart.contains($0) }
        return (changed, needRestart)
    }
}
