extension DemoUpstream {
    /// Where a started server is reached.
    package struct Address: Sendable, Equatable {
        /// The bound address, with brackets if it is one of IPv6.
        package let host: String
        /// The bound port.
        package let port: UInt16

        /// True when it speaks TLS.
        package let isSecure: Bool

        /// The WebSocket URL of the GraphQL endpoint.
        package var url: String { "\(isSecure ? "wss" : "ws")://\(host):\(port)\(Self.path)" }

        /// The HTTP URL of the page that says what the server is.
        package var page: String { "\(isSecure ? "https" : "http")://\(host):\(port)/" }

        static let path = "/graphql"
    }
}
