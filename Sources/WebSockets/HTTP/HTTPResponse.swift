package import Wire

/// A whole HTTP response.
package struct HTTPResponse: Sendable, Equatable {
    /// The status code.
    package var status: Int
    /// The Content-Type.
    package var contentType: String
    /// Further headers.
    package var headers: [HTTPField]
    /// The body.
    package var body: [UInt8]

    /// Makes a response; the defaults give an empty text answer.
    package init(
        status: Int = 200,
        contentType: String = "text/plain; charset=utf-8",
        headers: [HTTPField] = [],
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

    /// The answer to a request whose method isn't served.
    static func methodNotAllowed(_ methods: [HTTPRequest.Method], hint: String?) -> HTTPResponse {
        let names = methods.map(\.rawValue).joined(separator: ", ")
        var response = text("only \(names) are served here\(hint.map { "; \($0)" } ?? "")", status: 405)
        response.headers = [HTTPField(name: "Allow", value: names)]
        return response
    }

    func encoded(withBody: Bool = true, closes: Bool = false) -> [UInt8] {
        var head = "HTTP/1.1 \(status) \(Self.phrase(status))\r\n"
        // A 204 must not have these fields (RFC 9110, sections 8.6 and 15.3.5).
        if status != 204 { head += "Content-Type: \(contentType)\r\nContent-Length: \(body.count)\r\n" }
        head += "Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n"
        for header in headers { head += header.line }
        if closes { head += "Connection: close\r\n" }
        head += "\r\n"
        return Array(head.utf8) + (withBody ? body : [])
    }

    private static func phrase(_ status: Int) -> String {
        switch status {
        case 200: "OK"
        case 204: "No Content"
        case 400: "Bad Request"
        case 401: "Unauthorized"
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
