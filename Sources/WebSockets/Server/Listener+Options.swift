internal import CLibuv
internal import CLibwebsockets
internal import Glibc
package import Wire

extension Listener {
    /// Where connections come from.
    package enum Address: Hashable, Sendable {
        /// A TCP port, of a numeric address or a name; port 0 takes a free one.
        case port(host: String, port: UInt16)
        /// A Unix socket.
        case unix(UnixPath)
        /// A listening socket that another process has bound.
        case adopted(descriptor: Int32)
    }

    /// An address to listen on, and who serves the connections that come there.
    package struct Binding: Hashable, Sendable {
        /// The address.
        package var address: Address
        /// Which of the listener's services has the servers.
        package var service: Int
        /// Whether connections begin with a header of the PROXY protocol, which names the client.
        package var readsProxyHeader = false

        /// Binds a service to an address.
        package init(_ address: Address, service: Int = 0) {
            self.address = address
            self.service = service
        }
    }

    /// How many connections may come and be there, which may change while it listens.
    package struct Limits: Hashable, Sendable {
        /// The most at a time, over all servers.
        package var connections: Int
        /// The most at a time from one address, or one /64 of IPv6.
        package var perAddress: Int
        /// The most new ones a second, and in one burst; nil means no limit.
        package var rate: Int?
        /// The same from one address, or one /64 of IPv6.
        package var ratePerAddress: Int?

        /// Makes limits; without rates by default.
        package init(connections: Int, perAddress: Int, rate: Int? = nil, ratePerAddress: Int? = nil) {
            self.connections = connections
            self.perAddress = perAddress
            self.rate = rate
            self.ratePerAddress = ratePerAddress
        }

        var rates: AcceptRates { AcceptRates(total: rate, perNetwork: ratePerAddress) }
    }

    /// Goes by other limits for the connections that come from now on; those that are here stay.
    package func adopt(_ limits: Limits) {
        loop.execute { [self] in
            if (limits.rate, limits.ratePerAddress) != (self.limits.rate, self.limits.ratePerAddress) {
                rates = limits.rates
            }
            self.limits = limits
        }
    }

    /// Where to listen, and the limits and options of accepted sockets.
    package struct Options: Sendable {
        /// The addresses, at least one.
        package var bindings: [Binding]
        /// The most connections at a time, over all servers; further ones get 503.
        package var maximumConnections: Int
        /// The most connections at a time from one address, or one /64 of IPv6; further ones get 429.
        package var maximumPerAddress: Int
        /// The most new connections a second, and in one burst, over all servers; further ones get 429, nil means no
        /// limit.
        package var acceptRate: Int?
        /// The most new connections a second, and in one burst, from one address or one /64 of IPv6; further ones get
        /// 429.
        package var acceptRatePerAddress: Int?
        /// Whether the process has too little memory for more connections; they get 503.
        package var isFull: @Sendable () -> Bool = { false }
        /// Who may tell whom they pass on, by a header of the PROXY protocol or by fields of requests; peers of Unix
        /// sockets always may.
        package var trustedProxies: [AddressRange] = []
        /// The fields by which these tell it in their requests, in plaintext.
        package var forwardedFields = ForwardedFields.none
        /// SO_SNDBUF in bytes: what the kernel holds for a client that doesn't read (it reserves twice as much).
        package var sendBuffer: Int

        /// TCP_NOTSENT_LOWAT in bytes: how much of the send buffer may hold bytes that aren't sent yet; a quarter.
        ///
        /// The rest is for bytes in flight, which a distant client needs. Without this limit the whole buffer fills
        /// with events that a client which doesn't read gets late or never, and that no lag policy sees. The kernel
        /// checks only between its own buffers: one `send` may exceed the limit by up to 64 KiB.
        package var unsentLimit: Int { sendBuffer / 4 }

        /// Makes options with the default limits.
        package init(
            bindings: [Binding],
            maximumConnections: Int = 10_000,
            maximumPerAddress: Int = .max,
            sendBuffer: Int = 64 * 1024
        ) {
            self.bindings = bindings
            self.maximumConnections = maximumConnections
            self.maximumPerAddress = maximumPerAddress
            self.sendBuffer = sendBuffer
        }

        /// The same, for one TCP port.
        package init(
            host: String,
            port: UInt16,
            maximumConnections: Int = 10_000,
            maximumPerAddress: Int = .max,
            sendBuffer: Int = 64 * 1024
        ) {
            self.init(
                bindings: [Binding(.port(host: host, port: port))],
                maximumConnections: maximumConnections,
                maximumPerAddress: maximumPerAddress,
                sendBuffer: sendBuffer
            )
        }

        /// The limits among these.
        package var limits: Limits {
            get {
                Limits(
                    connections: maximumConnections,
                    perAddress: maximumPerAddress,
                    rate: acceptRate,
                    ratePerAddress: acceptRatePerAddress
                )
            }
            set {
                maximumConnections = newValue.connections
                maximumPerAddress = newValue.perAddress
                acceptRate = newValue.rate
                acceptRatePerAddress = newValue.ratePerAddress
            }
        }

        /// Sets the options that accepted sockets inherit from a listening one.
        func apply(to descriptor: Int32) {
            SocketOption.set(descriptor, SocketOption.tcpLevel, TCP_NODELAY, 1)
            SocketOption.set(descriptor, SOL_SOCKET, SO_KEEPALIVE, 1)
            applySendBuffer(to: descriptor)
            SocketOption.set(descriptor, SocketOption.tcpLevel, TCP_NOTSENT_LOWAT, Int32(clamping: unsentLimit))
        }

        /// Sets the one option of an accepted Unix socket, which inherits none.
        func applySendBuffer(to descriptor: Int32) {
            SocketOption.set(descriptor, SOL_SOCKET, SO_SNDBUF, Int32(clamping: sendBuffer))
        }
    }
}
