internal import Wire

/// Of whom a request is that a trusted proxy passes on.
package enum ForwardedOrigin: String, CaseIterable, Sendable {
    /// Of a client whose address is told.
    case client
    /// Of a trusted proxy, before which nobody is known.
    case proxy
    /// The nearest proxy tells nobody: its field is missing, or has no address at its end.
    case unknown
}

extension ForwardedClient {
    /// Of whom its request is.
    var origin: ForwardedOrigin { address == nil ? .unknown : isClient ? .client : .proxy }

    /// Whose limits hold: none for a proxy, which stands for many clients.
    var network: ClientNetwork { isClient ? address.map(ClientNetwork.init(_:)) ?? .unknown : .unknown }
}

extension AcceptedSocket {
    /// Notes that the peer is a proxy, whose request has to tell the client; so far no limit of an address holds.
    mutating func awaitClient() {
        proxied = Proxied(proxy: peer)
        network = .unknown
    }

    /// Notes whom the proxy passes on.
    mutating func take(_ client: ForwardedClient) {
        if let address = client.address { peer = address.description }
        network = client.network
        proxied?.usesHTTPS = client.usesHTTPS
        proxied?.host = client.host
    }
}
