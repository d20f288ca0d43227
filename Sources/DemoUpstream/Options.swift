package import WebSockets

extension DemoUpstream {
    /// Where the server listens, and what it allows.
    package struct Options: Sendable {
        /// A numeric address or a name.
        package var host: String
        /// The port; 0 takes a free one, which later starts keep.
        package var port: UInt16
        /// What the random walk of prices begins with: equal seeds give equal prices.
        package var seed: UInt64
        /// How often every acknowledged client gets a `ping` of the protocol; nil for never.
        package var pingInterval: Duration?
        /// How long a client may take to send `connection_init`.
        package var initTimeout = Duration.seconds(3)
        /// Bytes that may wait for a client who doesn't read; more closes its link with 1013.
        package var queueLimit = 16 * 1024 * 1024
        /// SO_SNDBUF of each link in bytes.
        package var sendBuffer = 256 * 1024
        /// What it presents to clients, all of which speak TLS then; nil serves plaintext.
        package var identity: ServerIdentity?
        /// Most connections at a time.
        package var maximumConnections = 10_000
        /// Most operations of one connection at a time.
        package var maximumOperations: UInt32 = 1_000

        /// Makes options; the rest has defaults.
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
