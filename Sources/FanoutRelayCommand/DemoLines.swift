import FanoutRelay

/// What to open or paste to see the demo's events; curl is needed to build the relay, the other tools may be missing.
struct DemoLines: CustomStringConvertible {
    /// An address, and how curl gets there.
    private struct Place {
        /// The address, such as `http://127.0.0.1:8080`; of a Unix socket what curl calls it by.
        let address: String
        /// The path of the Unix socket; nil for a TCP port.
        let path: String?
        /// The file of its self-signed certificate; nil without TLS.
        let certificate: String?

        init(_ listener: ListenerSummary, certificate: String?) {
            path = listener.path
            address = path == nil ? listener.address : "\(listener.isSecure ? "https" : "http")://localhost"
            self.certificate = listener.isSecure ? certificate : nil
        }

        var curl: String {
            let trust = certificate.map { " --cacert \(quoted($0))" } ?? ""
            return "curl" + trust + (path.map { " --unix-socket \(quoted($0))" } ?? "")
        }
    }

    private let clients: Place
    /// Where the page and the metrics are.
    private let operators: Place

    /// Lines for those who come to a listener of clients, and to one of operators if they have one.
    init(
        at listener: ListenerSummary,
        certificate: String?,
        operators: (listener: ListenerSummary, certificate: String?)? = nil
    ) {
        clients = Place(listener, certificate: certificate)
        self.operators = operators.map { Place($0.listener, certificate: $0.certificate) } ?? clients
    }

    var description: String {
        let metrics = "\(operators.curl) \(operators.address)/metrics"
        let (curl, address) = (clients.curl, clients.address)
        if clients.path != nil {
            return """
                  paste  \(curl) -N -H 'Accept: text/event-stream' \(address)/topics/tick
                         \(metrics)
                """
        }
        let page = operators.path == nil ? "  open   \(operators.address)/\n\n" : ""
        let webSocket = "ws" + address.dropFirst(4)
        let trust = clients.certificate.map { "export SSL_CERT_FILE=\(quoted($0))\n         " } ?? ""
        return page + """
              paste  \(curl) -N -H 'Accept: text/event-stream' \(address)/topics/tick
                     \(curl) -N -H 'Accept: text/event-stream' \(address)/graphql -H 'Content-Type: application/json' \\
                       -d '{"query": "subscription { prices { symbol price at } }"}'
                     \(metrics)

              or, in a Python environment with `pip install websockets 'gql[websockets]'`,

                     \(trust)python3 -m websockets \(webSocket)/topics/tick
                     python3 -m websockets '\(webSocket)/topics/prices?format=payload'
                     echo 'subscription { prices { symbol price at } }' | gql-cli \(webSocket)/graphql
            """
    }
}

/// Quotes a text, so that a shell reads it as one word.
private func quoted(_ text: String) -> String {
    "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: #"'\''"#) + "'"
}
