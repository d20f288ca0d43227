internal import CLibwebsockets
package import Wire

/// One plain HTTP request and its answer; used on the loop's thread only.
package final class HTTPExchange: @unchecked Sendable {
    /// What is asked for.
    package let request: HTTPRequest
    /// Headers that every answer to it gets.
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
    /// The client's address in numbers, without the port.
    package var peer: String { socket.peer }

    /// Sends the answer; only the first one counts, and none when the client is gone.
    ///
    /// It may come later than the request's callback, without limit: whoever answers sees to the time.
    ///
    /// - Parameter over: Runs when the kernel has all of it, or nobody is left to read it; at once or later, on the loop.
    package func respond(_ response: HTTPResponse, over: @escaping () -> Void = {}) {
        guard !isAnswered, let wsi = unsafe socket.wsi, let handshake = socket.handshake else { return over() }
        isAnswered = true
        socket.endWatch()
        handshake.transactionEnded = over
        var response = response
        response.headers += headers
        let bytes = response.encoded(withBody: request.method != .head, closes: handshake.isLast)
        let written = unsafe bytes.withUnsafeBytes { unsafe clws_write_raw(wsi, $0.baseAddress, $0.count) }
        if written < 0 { return socket.hangUpAfterResponse() }
        unsafe socket.answerWritten(wsi)
    }

    /// Says what is to be done when the client leaves before the answer; nothing once there is one.
    ///
    /// At once when it has left already.
    /// A client that only ends its side of the stream and reads on hasn't left, as far as that can be told.
    package func whenClientLeaves(_ action: @escaping () -> Void) {
        guard !isAnswered else { return }
        guard let handshake = socket.handshake, !handshake.hasClientLeft else { return action() }
        handshake.clientLeft = action
    }
}

extension HTTPExchange {
    /// Answers 200 with a stream that lasts as long as the connection, such as server-sent events.
    ///
    /// From here on the delegate is told of it like of an opened WebSocket, without `opened`.
    ///
    /// - Parameter timeout: How long a reader may acknowledge nothing before it counts as gone.
    /// - Returns: What to write to; nil when it can't be done.
    package func stream(_ contentType: String, timeout: Duration) -> WebSocket? {
        guard !isAnswered, socket.canBecomeStream else { return nil }
        var head = "HTTP/1.1 200 OK\r\nContent-Type: \(contentType)\r\nCache-Control: no-store\r\n"
        // nginx would collect events until its buffer is full.
        head += "X-Accel-Buffering: no\r\nX-Content-Type-Options: nosniff\r\nConnection: close\r\n"
        for header in headers { head += header.line }
        guard socket.becomeStream(Array((head + "\r\n").utf8), timeout: timeout) else { return nil }
        isAnswered = true
        return socket
    }
}
