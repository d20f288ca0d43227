internal import WebSockets
internal import Wire

/// What pages of other origins may do here, by the Fetch standard's CORS protocol.
struct CrossOrigin {
    let admission: Admission
    /// Whether what goes wrong is told in the form of GraphQL's errors.
    let answersGraphQL: Bool

    /// What becomes of a request.
    enum Verdict: Equatable {
        case goesOn
        /// It is over with this: a foreign page's with 403, a preflight with 204.
        case answered(HTTPResponse)
    }

    /// Whether a request may go on; false when it was answered.
    ///
    /// - Parameter isPage: Whether people may come by a link from anywhere.
    func admit(_ exchange: HTTPExchange, methods: String, isPage: Bool = false) -> Bool {
        exchange.headers += headers(for: exchange.request)
        switch judge(exchange.request, methods: methods, isPage: isPage) {
        case .goesOn: return true
        case .answered(let response):
            exchange.respond(response)
            return false
        }
    }

    /// What every answer to a request carries.
    func headers(for request: HTTPRequest) -> [HTTPField] {
        let vary = HTTPField(name: "Vary", value: "Origin")
        guard let origin = request.origin, admission.allows(origin: origin, host: request.host) else { return [vary] }
        return [
            vary,
            HTTPField(name: "Access-Control-Allow-Origin", value: origin),
            HTTPField(name: "Access-Control-Expose-Headers", value: "Retry-After"),
        ]
    }

    /// What becomes of a request by its origin and host; `methods` are those of its path, as `Allow` has them.
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
                // The star stands for every header but Authorization.
                HTTPField(name: "Access-Control-Allow-Headers", value: "*, Authorization"),
                HTTPField(name: "Access-Control-Max-Age", value: "600"),
            ]
        }
        return .answered(answer)
    }

    private func refusal(_ reason: String) -> HTTPResponse {
        answersGraphQL ? RelayFailure(.originNotAllowed, reason).response() : .text(reason, status: 403)
    }

    /// Whether a request may be told more than everybody.
    func trusts(_ request: HTTPRequest) -> Bool {
        if let origin = request.origin { return admission.allows(origin: origin, host: request.host) }
        return refusal(of: request, isPage: true) == nil
    }

    private func refusal(of request: HTTPRequest, isPage: Bool) -> String? {
        let isClick = isPage && request.fetchMode == "navigate" && request.fetchDestination == "document"
        return admission.refusal(host: request.host, site: request.fetchSite, isClick: isClick)
    }
}
