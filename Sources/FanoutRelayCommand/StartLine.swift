import FanoutRelay

/// The line that a command prints once its relay listens.
struct StartLine: CustomStringConvertible {
    private let address: String
    private let checksHost: Bool

    /// The line of a running relay.
    init(_ relay: Relay) { self.init(address: relay.address, checksHost: relay.checksHost) }

    init(address: String, checksHost: Bool) {
        self.address = address
        self.checksHost = checksHost
    }

    var description: String {
        "listening on \(address)" + (checksHost ? "" : " (by any name; --allow-host NAME refuses others)")
    }
}
