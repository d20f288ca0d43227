internal import Glibc

/// Which proxy the environment names for a URL, by curl's rules.
///
/// A scheme's own variable comes first (`https_proxy`), then `all_proxy`; small letters go before capitals, and
/// `HTTP_PROXY` isn't read, since a CGI server lets any client set it. For `ws` and `wss` those of `http` and `https`
/// come next after their own. `no_proxy` names the hosts that are called directly.
package struct ProxyEnvironment: Sendable {
    /// Nothing is proxied.
    package static let none = ProxyEnvironment(variable: nil)

    private let variable: (@Sendable (String) -> String?)?

    /// True of `none`.
    package var isNone: Bool { variable == nil }

    /// Takes the process's variables, or those that `variable` gives.
    package init(_ variable: @escaping @Sendable (String) -> String? = Self.processVariable) {
        self.init(variable: variable)
    }

    private init(variable: (@Sendable (String) -> String?)?) { self.variable = variable }

    /// A variable of the process; nil when it isn't set.
    package static let processVariable: @Sendable (String) -> String? = { name in
        unsafe getenv(name).map { unsafe String(cString: $0) }
    }

    /// The proxy for `scheme` (`ws`, `wss`, `http` or `https`) and `host`; nil to call it directly.
    ///
    /// - Throws: `WebSocketError.dialFailed` that names the variable whose proxy can't be used, but not its value.
    package func proxy(for scheme: String, host: String) throws(WebSocketError) -> Proxy? {
        var names = ["\(scheme)_proxy"]
        if scheme == "ws" { names.append("http_proxy") }
        if scheme == "wss" { names.append("https_proxy") }
        names.append("all_proxy")
        let spellings = names.flatMap { $0 == "http_proxy" ? [$0] : [$0, $0.uppercased()] }
        guard let name = spellings.first(where: { set($0) != nil }), let url = set(name) else { return nil }
        if let list = set("no_proxy") ?? set("NO_PROXY"), NoProxyList(list).contains(host) { return nil }
        do throws(Proxy.Flaw) {
            return try Proxy(parsing: url)
        } catch {
            throw .dialFailed(reason: "the variable \(name) \(error)", status: nil)
        }
    }

    private func set(_ name: String) -> String? {
        variable?(name).flatMap { $0.isEmpty ? nil : $0 }
    }
}
