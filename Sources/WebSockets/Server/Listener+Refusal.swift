// In a whole-module build the socket headers belong to the first C module that includes them.
internal import CLibuv
internal import CLibwebsockets
internal import Glibc
internal import Wire

extension Listener {
    /// Why a connection is refused.
    package enum Refusal: String, CaseIterable, Sendable {
        /// The listener has its maximum of connections.
        case total
        /// The address has its maximum of connections.
        case address
        /// Too many connections came within a second.
        case rate
        /// Too many came from the address within a second.
        case addressRate = "address_rate"
        /// The process has too little memory for more connections.
        case memory
        /// The head of the first request is invalid, or asks for something that isn't served.
        case head
        /// The head took too long.
        case headTimeout = "head_timeout"
        /// Too many heads were arriving.
        case headCrowd = "head_crowd"
        /// A PROXY header would have to come first, and the peer is none of the trusted proxies.
        case proxyUntrusted = "proxy_untrusted"
        /// The PROXY header was missing or wrong, or the connection ended within it.
        case proxyHeader = "proxy_header"
        /// The PROXY header took too long.
        case proxyTimeout = "proxy_timeout"
        /// Too many PROXY headers were arriving.
        case proxyCrowd = "proxy_crowd"
        /// The listener stopped before the head was complete.
        case stopping

        /// The answer: the status, when to come again, and the reason (RFC 6585, section 4).
        var response: HTTPResponse {
            let (status, wait, reason): (Int, Int?, String) =
                switch self {
                case .total: (503, 5, "too many connections")
                case .memory: (503, 5, "the relay is short of memory")
                case .address: (429, 5, "too many connections from your address")
                case .rate: (429, 1, "too many connections within a second")
                case .addressRate: (429, 1, "too many connections from your address within a second")
                case .head: (400, nil, "the request's head ends early")
                case .headTimeout: (408, nil, "the request's head took too long")
                case .headCrowd: (503, 5, "too many requests are beginning")
                case .proxyUntrusted: (403, nil, "only a proxy may connect here")
                case .proxyHeader: (400, nil, "a PROXY header has to come first")
                case .proxyTimeout: (408, nil, "the PROXY header took too long")
                case .proxyCrowd: (503, 5, "too many connections are beginning")
                case .stopping: (503, 5, "the server is stopping")
                }
            return HTTPResponse(
                status: status,
                headers: wait.map { [HTTPField(name: "Retry-After", value: String($0))] } ?? [],
                body: Array((reason + "\n").utf8)
            )
        }

        /// Sends the answer, and hangs up.
        func answer(_ descriptor: Int32) {
            let answer = response.encoded(closes: true)
            var request = [UInt8](repeating: 0, count: 4096)
            // Unread bytes would turn the close into a reset, and the answer would be lost.
            unsafe _ = recv(descriptor, &request, request.count, Int32(MSG_DONTWAIT))
            unsafe _ = send(descriptor, answer, answer.count, Int32(MSG_DONTWAIT) | Int32(MSG_NOSIGNAL))
            shutdown(descriptor, Int32(SHUT_WR))
            close(descriptor)
        }
    }
}
