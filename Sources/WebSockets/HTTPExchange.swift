internal import CLibwebsockets

/// One plain HTTP request and its answer; used on the loop's thread only.
package final class HTTPExchange: @unchecked Sendable {
    /// What is asked for.
    package let request: HTTPRequest
    /// Headers that every answer to it gets.
    package var headers: [QueryItem] = []

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
    /// - Parameter patience: How long a reader may acknowledge nothing before it counts as gone.
    /// - Returns: What to write to; nil when it can't be done.
    package func stream(_ contentType: String, patience: Duration) -> WebSocket? {
        guard !isAnswered, socket.canBecomeStream else { return nil }
        var head = "HTTP/1.1 200 OK\r\nContent-Type: \(contentType)\r\nCache-Control: no-store\r\n"
        // nginx would collect events until its buffer is full.
        head += "X-Accel-Buffering: no\r\nX-Content-Type-Options: nosniff\r\nConnection: close\r\n"
        for header in headers { head += "\(header.name): \(header.value)\r\n" }
        guard socket.becomeStream(Array((head + "\r\n").utf8), patience: patience) else { return nil }
        isAnswered = true
        return socket
    }
}

/// A whole HTTP response.
package struct HTTPResponse: Sendable, Equatable {
    /// The status code.
    package var status: Int
    /// The Content-Type.
    package var contentType: String
    /// Further headers.
    package var headers: [QueryItem]
    /// The body.
    package var body: [UInt8]

    /// Makes a response; the defaults give an empty text answer.
    package init(
        status: Int = 200,
        contentType: String = "text/plain; charset=utf-8",
        headers: [QueryItem] = [],
        body: [UInt8] = []
    ) {
        self.status = status
        self.contentType = contentType
        self.headers = headers
        self.body = body
    }

    /// A text answer: one line.
    package static func text(_ text: String, status: Int = 200) -> HTTPResponse {
        HTTPResponse(status: status, body: Array((text + "\n").utf8))
    }

    /// What a request is answered whose method isn't served.
    static func methodNotAllowed(_ methods: [HTTPRequest.Method], hint: String?) -> HTTPResponse {
        let names = methods.map(\.rawValue).joined(separator: ", ")
        var response = text("only \(names) are served here\(hint.map { "; \($0)" } ?? "")", status: 405)
        response.headers = [QueryItem(name: "Allow", value: names)]
        return response
    }

    func encoded(withBody: Bool = true, closes: Bool = false) -> [UInt8] {
        var head = "HTTP/1.1 \(status) \(Self.phrase(status))\r\n"
        // A 204 has neither (RFC 9110, sections 8.6 and 15.3.5).
        if status != 204 { head += "Content-Type: \(contentType)\r\nContent-Length: \(body.count)\r\n" }
        head += "Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n"
        for header in headers { head += "\(header.name): \(header.value)\r\n" }
        if closes { head += "Connection: close\r\n" }
        head += "\r\n"
        return Array(head.utf8) + (withBody ? body : [])
    }

    private static func phrase(_ status: Int) -> String {
        switch status {
        case 200: "OK"
        case 204: "No Content"
        case 400: "Bad Request"
        case 403: "Forbidden"
        case 404: "Not Found"
        case 405: "Method Not Allowed"
        case 406: "Not Acceptable"
        case 408: "Request Timeout"
        case 411: "Length Required"
        case 413: "Content Too Large"
        case 414: "URI Too Long"
        case 415: "Unsupported Media Type"
        case 417: "Expectation Failed"
        case 426: "Upgrade Required"
        case 429: "Too Many Requests"
        case 431: "Request Header Fields Too Large"
        case 501: "Not Implemented"
        case 502: "Bad Gateway"
        case 503: "Service Unavailable"
        case 504: "Gateway Timeout"
        case 505: "HTTP Version Not Supported"
        default: "Status \(status)"
        }
    }
}
