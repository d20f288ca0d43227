internal import Wire

extension Configuration {
    /// The certificates and keys that are shown, each once.
    package var identities: [TLSFiles] { services(of: listeners + operatorListeners).compactMap(\.self) }

    /// What some listeners serve, each once: plaintext first, or TLS with files.
    func services(of listeners: [ListenerConfiguration]) -> [TLSFiles?] {
        let files = listeners.map { $0.files(tls) }
        var services: [TLSFiles?] = files.contains(nil) ? [nil] : []
        for files in files where !services.contains(files) { services.append(files) }
        return services
    }

    /// How many shards there are, that of operators included, which is the last one.
    var allShards: Int { shards + (operatorListeners.isEmpty ? 0 : 1) }

    /// Whether clients are asked for certificates at a listener.
    package func asksForCertificates(at listener: ListenerConfiguration) -> Bool {
        listener.files(tls)?.clients != nil
    }

    /// Whether somebody can be a client without saying who it is.
    package var hasUnknownClients: Bool {
        authorizer.isOpen && !listeners.allSatisfy(asksForCertificates)
    }

    /// Whether a proxy brings clients to a listener, from wherever it likes.
    package func hasProxy(before listener: ListenerConfiguration) -> Bool {
        listener.readsProxyHeader || !trustedProxies.isEmpty || forwardedFields != .none
    }

    /// Whether operators need no token at a listener of theirs.
    package func isOpen(toOperatorsAt listener: ListenerConfiguration) -> Bool {
        // Behind a proxy may be anybody.
        listener.isLoopback && !hasProxy(before: listener) && !authorizer.knowsOperators
    }

    /// Whether nobody could get in at a listener for operators.
    package func isClosed(toOperatorsAt listener: ListenerConfiguration) -> Bool {
        !isOpen(toOperatorsAt: listener) && authorizer.isOpen && !authorizer.knowsOperators
    }

    /// Throws when a listener lacks something that it needs.
    func checkListeners() throws(ConfigurationError) {
        guard !listeners.isEmpty else {
            throw ConfigurationError(description: "no listener is given: a relay needs at least one")
        }
        for listener in listeners + operatorListeners
        where listener.readsProxyHeader && listener.host != nil && trustedProxies.isEmpty {
            throw ConfigurationError(
                description:
                    "listener \(listener): the PROXY protocol is read from trusted proxies only, and none is given"
            )
        }
        try checkForwarding()
        for listener in operatorListeners where isClosed(toOperatorsAt: listener) {
            throw ConfigurationError(
                description: "listener \(listener) for operators: others can reach it, and no tokens are given"
            )
        }
    }

    /// Refuses fields of proxies where nobody could tell a client by them.
    private func checkForwarding() throws(ConfigurationError) {
        guard forwardedFields != .none else { return }
        guard !trustedProxies.isEmpty || listeners.contains(where: \.isUnix) else {
            throw ConfigurationError(
                description: "forwarded fields: they are read from trusted proxies only, and none is given"
            )
        }
        guard listeners.contains(where: { $0.files(tls) == nil }) else {
            throw ConfigurationError(
                description: "forwarded fields: they are read in plaintext only, and no listener is without TLS"
            )
        }
    }
}
