import FanoutRelay

/// What to open or paste to see the demo's events; curl is needed to build the relay, the other tools may be missing.
struct DemoLines: CustomStringConvertible {
    /// The relay's address, such as `http://127.0.0.1:8080`; of a Unix socket what curl calls it by.
    private let address: String
    /// The path of the Unix socket; nil for a TCP port.
    private let path: String?
    /// The file of its self-signed certificate; nil without TLS.
    private let certificate: String?

    /// Lines for those who come to a listener.
    init(at listener: ListenerSummary, certificate: String?) {
        path = listener.path
        address = path == nil ? listener.address : "\(listener.isSecure ? "https" : "http")://localhost"
        self.certificate = listener.isSecure ? certificate : nil
    }

    var description: String {
        if let path {
            let trust = certificate.map { " --cacert \(Self.quoted($0))" } ?? ""
            let curl = "curl\(trust) --unix-socket \(Self.quoted(path))"
            return """
                  paste  \(curl) -N -H 'Accept: text/event-stream' \(address)/topics/tick
                         \(curl) \(address)/metrics
                """
        }
        let webSocket = "ws" + address.dropFirst(4)
        let curl = certificate.map { "curl --cacert \(Self.quoted($0))" } ?? "curl"
        let trust = certificate.map { "export SSL_CERT_FILE=\(Self.quoted($0))\n         " } ?? ""
        return """
              open   \(address)/

              paste  \(curl) -N -H 'Accept: text/event-stream' \(address)/topics/tick
                     \(curl) -N -H 'Accept: text/event-stream' \(address)/graphql -H 'Content-Type: application/json' \\
                       -d '{"query": "subscription { prices { symbol price at } }"}'
                     \(curl) \(address)/metrics

              or, in a Python environment with `pip install websockets 'gql[websockets]'`,

                     \(trust)python3 -m websockets \(webSocket)/topics/tick
                     python3 -m websockets '\(webSocket)/topics/prices?format=payload'
                     echo 'subscription { prices { symbol price at } }' | gql-cli \(webSocket)/graphql
            """
    }

    /// Quotes a text, so that a shell reads it as one word.
    private static func quoted(_ text: String) -> String {
        "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: #"'\''"#) + "'"
    }
}
