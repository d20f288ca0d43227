internal import Glibc

/// What can go wrong before there is a WebSocket.
package enum WebSocketError: Error, Equatable, CustomStringConvertible {
    /// No thread, no context, no descriptors: the machine refuses.
    case loopUnavailable(String)
    /// The name has no address.
    case unresolvable(host: String, reason: String)
    /// No connection, no TLS session or no upgrade.
    ///
    /// `reason` is one line, without a byte that a peer wrote; `status` is the HTTP answer's, if there was one, and
    /// `retryAfter` its Retry-After, as it came.
    case dialFailed(reason: String, status: Int?, retryAfter: String? = nil)
    /// The address can't be listened on.
    case cannotListen(address: String, reason: String, inUse: Bool)

    package var description: String {
        switch self {
        case .loopUnavailable(let reason): reason
        case .unresolvable(let host, let reason): "can't resolve \(host): \(reason)"
        case .dialFailed(let reason, _, _): reason
        case .cannotListen(let address, let reason, _): "can't listen on \(address): \(reason)"
        }
    }
}

/// The system's words for an error number.
func errnoText(_ code: Int32) -> String {
    unsafe String(cString: strerror(code))
}
