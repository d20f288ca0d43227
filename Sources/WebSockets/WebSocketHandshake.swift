/// What a socket needs only until its handshake is complete: kept apart, so that an open one has no room for it.
///
/// Used on its loop's thread only.
final class WebSocketHandshake {
    /// The handshake that is under way, as a server sees it.
    var request: UpgradeRequest?
    /// The subprotocol that the server chose, as a client learns it.
    var subprotocol: String?
    /// The client that dials.
    var client: WebSocketClient?
}
