/// An accepted connection on its way to a server.
package struct AcceptedSocket: Sendable {
    /// The connected descriptor.
    package var descriptor: Int32
    /// The peer's numeric address; `unix` of a Unix socket's.
    package var peer: String
    /// The peer's network, for the limits of single addresses; unknown where these don't concern it.
    var network = ClientNetwork.unknown
    /// Which of the listener's bindings it came to.
    var binding = 0
    /// The address of the peer when it is a proxy whose requests' heads tell whom it passes on; nil of any other.
    var proxy: String?
    /// How many bytes were read of the connection, with the head; nil when it ends with the answer.
    var readBytes: UInt64?
    /// Whether a trusted proxy tells that the client speaks https.
    var usesHTTPS = false
    /// The host that the client asked a trusted proxy for; nil where none is told.
    var host: String?
    /// The head of its first request, and the bytes that came after it; empty when libwebsockets reads the head.
    package var head: [UInt8] = []

    /// Whether it counts among the connections of its address.
    var isCounted: Bool { network != .unknown }

    /// Whether its requests' heads tell the client.
    var isForwarding: Bool { proxy != nil }
}
