import FanoutRelay

/// The line that a command prints once its relay listens.
struct StartLine: CustomStringConvertible {
    private let parts: [String]
    /// Where operators come to.
    private var operators: [String] = []

    /// The line of a running relay.
    init(_ relay: Relay) {
        operators = relay.operatorListeners.map { "\($0)" + ($0.asksOperators ? " (with a token)" : "") }
        parts = relay.listeners.map { listener in
            Self.part("\(listener)", checksHost: listener.checksHost, isOpenToOthers: listener.isOpenToOthers)
        }
    }

    init(address: String, checksHost: Bool, isOpenToOthers: Bool = false) {
        parts = [Self.part(address, checksHost: checksHost, isOpenToOthers: isOpenToOthers)]
    }

    var description: String {
        "listening on " + parts.joined(separator: " and ")
            + (operators.isEmpty ? "" : ", for operators on " + operators.joined(separator: " and "))
    }

    private static func part(_ address: String, checksHost: Bool, isOpenToOthers: Bool) -> String {
        address + (checksHost ? "" : " (by any name; --allow-host NAME refuses others)")
            + (isOpenToOthers ? " (to everybody, without a token)" : "")
    }
}
