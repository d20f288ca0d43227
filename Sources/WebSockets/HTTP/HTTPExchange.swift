internal import CLibwebsockets
package import Wire

/// One plain HTTP request and its answer; used on the loop's thread only.
package final class HTTPExchange: @unchecked Sendable {
    /// The request.
    package let request: HTTPRequest
    /// Header fields that every answer gets.
    package var headers: [HTTPField] = []

    private let socket: WebSocket
    private(set) var isAnswered = false

    init(_ request: HTTPRequest, on socket: WebSocket) {
        self.request = request
        self.socket = socket
    }

    /// The path, percent-decoded, without the query.
    package var path: String { request.path }
    /// The query's parameters.
    package var query: [QueryItem] { request.query }
    /// The client's numeric address, without the port.
    package var peer: String { socket.peer }

    /// Sends the answer; only the first call counts, and none when the client has left.
    ///
    /// It may come long after the request's callback: no timeout applies but the caller's own.
    ///
    /// - Parameter over: Runs on the loop, at once or later, when the kernel has the whole answer, or the client has
    ///   left.
    package func respond(_ response: HTTPResponse, over: @escaping () -> Void = {}) {
        guard !isAnswered, let wsi = unsafe socket.wsi, let handshake = socket.handshake else { return over() }
        isAnswered = true
        socket.server?.responses.count(response.status)
        socket.endWatch()
        handshake.transactionEnded = over
        var response = response
        response.headers += headers
        let returns = unsafe socket.returns(wsi, after: request)
        let bytes = response.encoded(withBody: request.method != .head, closes: handshake.isLast && !returns)
        let written = unsafe bytes.withUnsafeBytes { unsafe clws_write_raw(wsi, $0.baseAddress, $0.count) }
        if written < 0 { return socket.hangUpAfterResponse() }
        unsafe socket.answerWritten(wsi)
    }

    /// Sets what to do when the client leaves before the answer; nothing once it is answered.
    ///
    /// It is done at once when the client has left already. A client that only closes its sending side, and still
    /// reads, counts as connected, as far as the two can be told apart.
    package func whenClientLeaves(_ action: @escaping () -> Void) {
        guard !isAnswered else { return }
        guard let handshake = socket.handshake, !handshake.hasClientLeft else { return action() }
        handshake.clientLeft = action
    }
}

extension HTTPExchange {
    /// Answers 200 with a stream that lasts as long as the connection, such as server-sent events.
    ///
    /// The delegate then gets the callbacks of an open WebSocket, without `opened`.
    ///
    /// - Parameter timeout: How long a reader may acknowledge nothing before it counts as gone.
    /// - Returns: The stream to write to; nil when it can't be opened.
    package func stream(_ contentType: String, timeout: Duration) -> WebSocket? {
        guard !isAnswered, socket.canBecomeStream else { return nil }
        // It watches a connection that ends when the stream begins, or is watched otherwise from then on.
        socket.endWatch()
        var head = "HTTP/1.1 200 OK\r\nContent-Type: \(contentType)\r\nCache-Control: no-store\r\n"
        // Without it nginx collects events until its buffer is full.
        head += "X-Accel-Buffering: no\r\nX-Content-Type-Options: nosniff\r\nConnection: close\r\n"
        for header in headers { head += header.line }
        guard socket.becomeStream(Array((head + "\r\n").utf8), timeout: timeout) else { return nil }
        isAnswered = true
        socket.server?.responses.count(200)
        return socket
    }
}
