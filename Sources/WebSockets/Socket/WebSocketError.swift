internal import Glibc

/// What can go wrong before a WebSocket is open.
package enum WebSocketError: Error, Equatable, CustomStringConvertible {
    /// The system provides no thread, no context or no descriptors.
    case loopUnavailable(String)
    /// The name has no address.
    case unresolvable(host: String, reason: String)
    /// No connection, no TLS session, or no upgrade.
    ///
    /// `reason` is one line without bytes that a peer wrote. `status` is that of the HTTP answer, if there was one, and
    /// `retryAfter` its Retry-After, unparsed.
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

/// The system's text for an error number.
func errnoText(_ code: Int32) -> String {
    unsafe String(cString: strerror(code))
}
