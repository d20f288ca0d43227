import FanoutRelay

/// The line that a command prints once its relay listens.
struct StartLine: CustomStringConvertible {
    private let address: String
    private let checksHost: Bool
    private let isOpenToOthers: Bool

    /// The line of a running relay.
    init(_ relay: Relay) {
        self.init(address: relay.address, checksHost: relay.checksHost, isOpenToOthers: relay.isOpenToOthers)
    }

    init(address: String, checksHost: Bool, isOpenToOthers: Bool = false) {
        self.address = address
        self.checksHost = checksHost
        self.isOpenToOthers = isOpenToOthers
    }

    var description: String {
        "listening on \(address)" + (checksHost ? "" : " (by any name; --allow-host NAME refuses others)")
            + (isOpenToOthers ? " (to everybody, without a token)" : "")
    }
}
