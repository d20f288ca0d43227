internal import WebSockets
internal import Wire

/// What pages of other origins may do, by the CORS protocol of the Fetch standard.
struct CrossOrigin {
    let admission: Admission
    /// Whether refusals are written as GraphQL errors.
    let answersGraphQL: Bool

    /// What happens to a request.
    enum Verdict: Equatable {
        case goesOn
        /// The request is answered already: 403 for a page that isn't allowed, 204 for a preflight.
        case answered(HTTPResponse)
    }

    /// Whether a request may go on; false when it has been answered.
    ///
    /// - Parameter isPage: Whether the path is a page, which people may open by a link on any site.
    func admit(_ exchange: HTTPExchange, methods: String, isPage: Bool = false) -> Bool {
        exchange.headers += headers(for: exchange.request)
        switch judge(exchange.request, methods: methods, isPage: isPage) {
        case .goesOn: return true
        case .answered(let response):
            exchange.respond(response)
            return false
        }
    }

    /// The same of a request that changes something: pages of other origins may not, even where they may read.
    func admitOwn(_ exchange: HTTPExchange, methods: String) -> Bool {
        let request = exchange.request
        if let origin = request.origin, !admission.ownAddress.isOrigin(origin, at: request.host) {
            exchange.respond(refusal("origin \(origin.prefix(200)) is not the relay's own"))
            return false
        }
        return admit(exchange, methods: methods)
    }

    /// The header fields of every answer to a request.
    func headers(for request: HTTPRequest) -> [HTTPField] {
        let vary = HTTPField(name: "Vary", value: "Origin")
        guard let origin = request.origin, admission.allows(origin: origin, host: request.host) else { return [vary] }
        let fields = [
            vary,
            HTTPField(name: "Access-Control-Allow-Origin", value: origin),
            HTTPField(name: "Access-Control-Expose-Headers", value: "Retry-After"),
        ]
        // Where every origin is allowed, none may read by its users' cookies.
        guard admission.names(origin: origin) else { return fields }
        return fields + [HTTPField(name: "Access-Control-Allow-Credentials", value: "true")]
    }

    /// Judges a request by its Origin and Host; `methods` are those of its path, as in `Allow`.
    func judge(_ request: HTTPRequest, methods: String, isPage: Bool = false) -> Verdict {
        if let origin = request.origin {
            guard admission.allows(origin: origin, host: request.host) else {
                return .answered(refusal("origin \(origin.prefix(200)) is not allowed"))
            }
        } else if let reason = refusal(of: request, isPage: isPage) {
            return .answered(refusal(reason))
        }
        guard request.method == .options else { return .goesOn }
        var answer = HTTPResponse(status: 204, headers: [HTTPField(name: "Allow", value: methods)])
        if request.origin != nil {
            answer.headers += [
                HTTPField(name: "Access-Control-Allow-Methods", value: methods),
                HTTPField(name: "Access-Control-Allow-Headers", value: Self.requestHeaders),
                HTTPField(name: "Access-Control-Max-Age", value: "600"),
            ]
        }
        return .answered(answer)
    }

    /// The headers that a page may send: the wildcard covers every one but Authorization, and none where the request
    /// comes with credentials, so that those of GraphQL clients are named.
    private static let requestHeaders = [
        "*", "Authorization", "Content-Type", "Accept", "Last-Event-ID", "Cache-Control",
        "Apollo-Require-Preflight", "ApolloGraphQL-Client-Name", "ApolloGraphQL-Client-Version",
        "GraphQL-Client-Name", "GraphQL-Client-Version", "GraphQL-Require-Preflight", "X-Requested-With",
    ].joined(separator: ", ")

    private func refusal(_ reason: String) -> HTTPResponse {
        answersGraphQL ? RelayFailure(.originNotAllowed, reason).response() : .text(reason, status: 403)
    }

    /// Whether the answer may contain more than strangers may know.
    func trusts(_ request: HTTPRequest) -> Bool {
        if let origin = request.origin { return admission.allows(origin: origin, host: request.host) }
        return refusal(of: request, isPage: true) == nil
    }

    private func refusal(of request: HTTPRequest, isPage: Bool) -> String? {
        let isClick = isPage && request.fetchMode == "navigate" && request.fetchDestination == "document"
        return admission.refusal(host: request.host, site: request.fetchSite, isClick: isClick)
    }
}
