internal import WebSockets

/// Why a relay can't run here.
public struct RelayError: Error, Sendable, Hashable, CustomStringConvertible {
    /// True when the port is another process's.
    public let isAddressInUse: Bool
    /// One line.
    public let description: String

    init(_ error: WebSocketError) {
        description = error.description
        if case .cannotListen(_, _, let inUse) = error { isAddressInUse = inUse } else { isAddressInUse = false }
    }
}
