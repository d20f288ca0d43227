import FanoutRelay

/// What a command says once its relay listens.
struct StartLine: CustomStringConvertible {
    private let address: String
    private let checksHost: Bool

    /// The line of a relay that runs.
    init(_ relay: Relay) { self.init(address: relay.address, checksHost: relay.checksHost) }

    init(address: String, checksHost: Bool) {
        self.address = address
        self.checksHost = checksHost
    }

    var description: String {
        "listening on \(address)" + (checksHost ? "" : " (by any name; --allow-host NAME refuses others)")
    }
}
