internal import Synchronization
internal import WebSockets

extension Metrics {
    /// Who was let in, and what that is decided by.
    static let access: [MetricFamily] = [
        MetricFamily(
            name: "fanout_credentials_refused_total",
            kind: .counter,
            help: "Requests refused because of their credential, or of what it permits, by reason."
        ) { statistics in
            guard let authorizer = statistics.authorizer.withLock({ $0 }),
                !authorizer.isOpen || authorizer.knowsOperators || asksClients(statistics)
            else { return nil }
            return authorizer.refusalsByReason.sorted { $0.key < $1.key }.map {
                .init(label: ("reason", $0.key), value: "\($0.value)")
            }
        },
        MetricFamily(
            name: "fanout_client_certificates_refused_total",
            kind: .counter,
            help: "TLS handshakes that failed because of the client's certificate, by reason."
        ) { statistics in
            let servers = statistics.servers.withLock { $0 }.filter(\.asksClients)
            guard !servers.isEmpty else { return nil }
            return WebSocketServer.CertificateRefusal.allCases.map { refusal in
                .init(
                    label: ("reason", refusal.rawValue),
                    value: "\(servers.reduce(0) { $0 + $1.refused(refusal) })"
                )
            }
        },
        .relay(
            "fanout_access_pending",
            .gauge,
            "Clients and requests over which is being decided, because that takes time."
        ) {
            guard let authorizer = $0.authorizer.withLock({ $0 }), !authorizer.isOpen else { return nil }
            return authorizer.pendingCount
        },
        MetricFamily(
            name: "fanout_auth_hook_calls_total",
            kind: .counter,
            help: "Questions to the hook, by what came of them; busy are those for which there was no room."
        ) { statistics in
            guard let hook = hook(statistics) else { return nil }
            return HookStatistics.labels.map { .init(label: ("result", $0), value: "\(hook.count(of: $0))") }
        },
        .relay(
            "fanout_auth_hook_cached_total",
            .counter,
            "Questions to the hook that needed no call, since an answer was known."
        ) {
            hook($0)?.cachedCount
        },
        MetricFamily(
            name: "fanout_credentials_remembered",
            kind: .gauge,
            help: "Tokens that were found good, and answers of the hook, that are kept."
        ) { statistics in
            guard let authorizer = statistics.authorizer.withLock({ $0 }), !authorizer.isOpen else { return nil }
            let counts = [("token", authorizer.rememberedTokens), ("hook", authorizer.rememberedAnswers)]
            return counts.compactMap { source, count in
                count.map { .init(label: ("source", source), value: "\($0)") }
            }
        },
        .relay(
            "fanout_jwks_age_seconds",
            .gauge,
            "How long ago the key set of --jwks-url was fetched."
        ) {
            keySet($0)?.age(at: EventLoop.now).map { Int($0.components.seconds) }
        },
        MetricFamily(
            name: "fanout_jwks_fetches_total",
            kind: .counter,
            help: "Fetches of the key set of --jwks-url, by result."
        ) { statistics in
            guard let keySet = keySet(statistics) else { return nil }
            return KeySetStatistics.Outcome.allCases.map {
                .init(label: ("result", $0.rawValue), value: "\(keySet.count(of: $0))")
            }
        },
        MetricFamily(
            name: "fanout_jwks_keys",
            kind: .gauge,
            help: "Keys of the set of --jwks-url: those that are used, and those that can't be."
        ) { statistics in
            guard let keys = keySet(statistics)?.keys else { return nil }
            return [("used", keys.used), ("skipped", keys.skipped)].map { state, count in
                .init(label: ("state", state), value: "\(count)")
            }
        },
    ]

    private static func asksClients(_ statistics: Statistics) -> Bool {
        statistics.servers.withLock { $0 }.contains(where: \.asksClients)
    }

    private static func hook(_ statistics: Statistics) -> HookStatistics? {
        statistics.authorizer.withLock { $0 }?.hookStatistics
    }

    private static func keySet(_ statistics: Statistics) -> KeySetStatistics? {
        statistics.authorizer.withLock { $0 }?.keySetStatistics
    }
}
