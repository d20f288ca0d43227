// In a whole-module build the socket headers belong to the first C module that includes them.
internal import CLibuv
internal import CLibwebsockets
internal import Glibc

extension Listener {
    /// Why a connection is turned away.
    package enum Refusal: String, CaseIterable, Sendable {
        /// There are as many as there may be.
        case total
        /// Its address has as many as it may have.
        case address
        /// Too many came within the second.
        case rate
        /// Too many came from its address within the second.
        case addressRate = "address_rate"

        /// What it is told: the status, when it may come again, and why (RFC 6585, section 4).
        private var response: HTTPResponse {
            let (status, wait, reason) =
                switch self {
                case .total: (503, 5, "too many connections")
                case .address: (429, 5, "too many connections from your address")
                case .rate: (429, 1, "too many connections within a second")
                case .addressRate: (429, 1, "too many connections from your address within a second")
                }
            return HTTPResponse(
                status: status,
                headers: [QueryItem(name: "Retry-After", value: String(wait))],
                body: Array((reason + "\n").utf8)
            )
        }

        /// Tells it over HTTP, and hangs up.
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
