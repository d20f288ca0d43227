internal import AllowedDocuments
internal import Synchronization
internal import WebSockets

extension Metrics {
    /// The sum over all listeners that have a number; nil when none has.
    private static func sum(_ statistics: Statistics, _ value: (Listener) -> Int?) -> Int? {
        let values = statistics.listeners.withLock { $0 }.compactMap(value)
        return values.isEmpty ? nil : values.reduce(0, +)
    }

    /// What comes to the doors, before it is a client.
    static let listener: [MetricFamily] = [
        .relay(
            "fanout_tls_certificate_expiry_timestamp_seconds",
            .gauge,
            "When the TLS certificate for clients expires; the first one of several."
        ) {
            let end = $0.certificateEnd.load(ordering: .relaxed)
            return end == 0 ? nil : Int(end)
        },
        .relay("fanout_tls_handshakes_begun_total", .counter, "TLS handshakes that clients began.") {
            sum($0) { $0.handshakes?.begun }
        },
        .relay("fanout_tls_handshakes_completed_total", .counter, "TLS handshakes that were completed.") {
            sum($0) { $0.handshakes?.completed }
        },
        MetricFamily(
            name: "fanout_http_responses_total",
            kind: .counter,
            help: "Answers to requests and handshakes, by status; not those of refused connections."
        ) { statistics in
            let servers = statistics.servers.withLock { $0 }
            guard !servers.isEmpty else { return nil }
            let counts = servers.reduce(into: [:]) { $0.merge($1.responses.byStatus, uniquingKeysWith: +) }
            return counts.sorted { $0.key < $1.key }.map { .init(label: ("code", "\($0.key)"), value: "\($0.value)") }
        },
        .relay("fanout_connections_accepted_total", .counter, "Connections accepted.") {
            sum($0, \.accepted)
        },
        MetricFamily(
            name: "fanout_connections_refused_total",
            kind: .counter,
            help: "Connections that were refused, by reason."
        ) { statistics in
            let listeners = statistics.listeners.withLock { $0 }
            guard !listeners.isEmpty else { return nil }
            return Listener.Refusal.allCases.map { reason in
                .init(
                    label: ("reason", reason.rawValue),
                    value: "\(listeners.reduce(0) { $0 + $1.refused(reason) })"
                )
            }
        },
        MetricFamily(
            name: "fanout_forwarded_requests_total",
            kind: .counter,
            help:
                "Requests that trusted proxies passed on, by whom they told: a client, a proxy, or nobody (unknown)."
        ) { statistics in
            let counts = ForwardedOrigin.allCases.compactMap { origin in
                sum(statistics) { $0.forwarded(from: origin) }.map { (origin, $0) }
            }
            guard !counts.isEmpty else { return nil }
            return counts.map { .init(label: ("origin", $0.rawValue), value: "\($1)") }
        },
        MetricFamily(
            name: "fanout_documents_refused_total",
            kind: .counter,
            help:
                "Requests for allowed documents that were refused because of their variables, claims or hash, by "
                + "reason."
        ) { statistics in
            guard let refusals = statistics.documentRefusals.withLock({ $0 }) else { return nil }
            return DocumentRefusal.Reason.allCases.map {
                .init(label: ("reason", $0.rawValue), value: "\(refusals[$0])")
            }
        },
    ]
}
