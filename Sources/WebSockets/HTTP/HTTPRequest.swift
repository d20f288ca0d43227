/// A plain HTTP request, with the header fields that a relay uses.
package struct HTTPRequest: Sendable, Equatable {
    /// The methods that a server can allow.
    package enum Method: String, Sendable, CaseIterable {
        case get = "GET"
        case head = "HEAD"
        case options = "OPTIONS"
        case post = "POST"
    }

    /// The method.
    package var method: Method
    /// The path, percent-decoded, without the query.
    package var path: String
    /// The query's parameters in order, percent-decoded.
    package var query: [QueryItem]
    /// Which of the listener's bindings the client came to.
    package var binding = 0
    /// The client's certificate; nil when it showed none.
    package var certificate: ClientCertificate?
    /// Whether a trusted proxy tells that its client speaks https.
    package var usesHTTPS = false
    /// The Host header; empty without one.
    package var host = ""
    /// The Origin header; browsers send it with every POST, and with requests to other origins.
    package var origin: String?
    /// The Authorization header.
    package var authorization: String?
    /// The Cookie header, several joined.
    package var cookie: String?
    /// The Sec-Fetch-Site header: `cross-site`, `same-site`, `same-origin` or `none`, from a browser.
    package var fetchSite: String?
    /// The Sec-Fetch-Mode header of browsers, such as `navigate`.
    package var fetchMode: String?
    /// The Sec-Fetch-Dest header of browsers, such as `document`.
    package var fetchDestination: String?
    /// The Accept header.
    package var accept: String?
    /// The Content-Type header.
    package var contentType: String?
    /// The Last-Event-ID header, after which a reader of server-sent events resumes.
    package var lastEventID: String?
    /// The body; empty for every method but POST.
    package var body: [UInt8] = []

    /// Makes a request without headers and without a body.
    package init(method: Method = .get, path: String, query: [QueryItem] = []) {
        self.method = method
        self.path = path
        self.query = query
    }

    /// The first value of a query parameter.
    package func parameter(_ name: String) -> String? {
        query.first { $0.name == name }?.value
    }
}
