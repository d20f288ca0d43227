/// The address that a listening socket is bound to.
package enum BoundAddress: Hashable, Sendable {
    /// A TCP port of a numeric address, which is in brackets if it is IPv6.
    case port(host: String, port: UInt16)
    /// The path of a Unix socket.
    case unix(path: String)

    /// Of a listening socket that another process has bound; nil when it is none, or not of a kind that is served.
    package init?(ofListening descriptor: Int32) {
        guard let address = ListeningSocket.address(ofListening: descriptor) else { return nil }
        self = address
    }
}
