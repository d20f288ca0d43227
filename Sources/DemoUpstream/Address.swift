extension DemoUpstream {
    /// The address of a started server.
    package struct Address: Sendable, Equatable {
        /// The bound address, in brackets if it is IPv6.
        package let host: String
        /// The bound port.
        package let port: UInt16

        /// True when the server uses TLS.
        package let isSecure: Bool

        /// The WebSocket URL of the GraphQL endpoint.
        package var url: String { "\(isSecure ? "wss" : "ws")://\(host):\(port)\(Self.path)" }

        /// The HTTP URL of a page that describes the server.
        package var page: String { "\(isSecure ? "https" : "http")://\(host):\(port)/" }

        static let path = "/graphql"
    }
}
