internal import Wire

/// An accepted connection on its way to a server.
///
/// Thousands may be on their way at a time, so that what only connections of proxies have is kept by itself.
package struct AcceptedSocket: Sendable {
    /// What is known of the connection of a proxy whose requests' heads tell whom it passes on.
    struct Proxied {
        /// The address of the proxy.
        let proxy: String
        /// How many bytes were read of the connection, with the head; nil when it ends with the answer.
        var readBytes: UInt64?
        /// Whether the client speaks https with the proxy.
        var usesHTTPS = false
        /// The host that the client asked the proxy for; nil where none is told.
        var host: String?
    }

    private enum Way {
        case direct
        indirect case proxied(Proxied)
    }

    /// The peer's numeric address; `unix` of a Unix socket's.
    package var peer: String
    /// The head of its first request, and the bytes that came after it; empty when libwebsockets reads the head.
    package var head: [UInt8] = []
    private var way = Way.direct
    /// What its head asks for, if that is a handshake of which libwebsockets gets only what it has to answer.
    var upgrade: UpgradeRequest?
    /// The peer's network, for the limits of single addresses; unknown where these don't concern it.
    var network: ClientNetwork
    /// The connected descriptor.
    package var descriptor: Int32
    private let bindingNumber: UInt16

    /// Which of the listener's bindings it came to.
    var binding: Int { Int(bindingNumber) }

    /// Of a proxy's connection; nil of any other.
    var proxied: Proxied? {
        get { if case .proxied(let proxied) = way { proxied } else { nil } }
        set { way = newValue.map(Way.proxied) ?? .direct }
    }

    /// Whether it counts among the connections of its address.
    var isCounted: Bool { network != .unknown }

    /// Whether its requests' heads tell the client.
    var isForwarding: Bool { proxied != nil }

    package init(descriptor: Int32, peer: String) { self.init(descriptor: descriptor, peer: peer, network: .unknown) }

    init(descriptor: Int32, peer: String, network: ClientNetwork = .unknown, binding: Int = 0) {
        self.descriptor = descriptor
        self.peer = peer
        self.network = network
        bindingNumber = UInt16(clamping: binding)
    }
}

extension AcceptedSocket {
    /// Reads a valid handshake that libwebsockets need not read; false when it has to.
    mutating func read(_ head: RequestHead, serving subprotocols: [String]) -> Bool {
        let offer = SubprotocolOffer(head.nonEmptyValue(of: .webSocketProtocol) ?? "")
        guard offer.refusal(serving: subprotocols) == nil,
            let request = UpgradeRequest(head, offering: offer, over: self)
        else { return false }
        upgrade = request
        self.head = head.bareHandshake(subprotocol: offer.choice(of: subprotocols))
        return true
    }
}
