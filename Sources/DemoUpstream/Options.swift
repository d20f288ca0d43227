package import WebSockets

extension DemoUpstream {
    /// Where the server listens, and its limits.
    package struct Options: Sendable {
        /// A numeric address or a name.
        package var host: String
        /// The port; 0 takes a free one, which later starts use again.
        package var port: UInt16
        /// The seed of the random walk of prices: equal seeds give equal prices.
        package var seed: UInt64
        /// How often every acknowledged client gets a `ping` message; nil for never.
        package var pingInterval: Duration?
        /// How long a client may take to send `connection_init`.
        package var initTimeout = Duration.seconds(3)
        /// How many bytes may wait for a client that doesn't read; above that its link is closed with 1013.
        package var queueLimit = 16 * 1024 * 1024
        /// SO_SNDBUF of each link in bytes.
        package var sendBuffer = 256 * 1024
        /// The certificate, with which all clients must use TLS; nil serves plaintext.
        package var identity: ServerIdentity?
        /// The most connections at a time.
        package var maximumConnections = 10_000
        /// The most operations of one connection at a time.
        package var maximumOperations: UInt32 = 1_000

        /// Makes options; those without a parameter have defaults.
        package init(
            host: String = "127.0.0.1",
            port: UInt16 = 0,
            seed: UInt64 = 1,
            pingInterval: Duration? = nil
        ) {
            self.host = host
            self.port = port
            self.seed = seed
            self.pingInterval = pingInterval
        }
    }
}
