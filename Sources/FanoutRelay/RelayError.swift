internal import WebSockets

/// Why a relay can't run on this machine.
public struct RelayError: Error, Sendable, Hashable, CustomStringConvertible {
    /// True when another process uses the port.
    public let isAddressInUse: Bool
    /// One line.
    public let description: String

    init(_ error: WebSocketError) {
        description = error.description
        if case .cannotListen(_, _, let inUse) = error { isAddressInUse = inUse } else { isAddressInUse = false }
    }
}
