internal import WebSockets
internal import Wire

/// What pages of other origins may do here, by the Fetch standard's CORS protocol.
struct CrossOrigin {
    let admission: Admission

    /// Where GraphQL is answered, an error of its form.
    private func refusal(_ reason: String, _ path: String) -> HTTPResponse {
        guard path == "/graphql" || path.hasPrefix("/queries/") else { return .text(reason, status: 403) }
        return RelayFailure(.originNotAllowed, reason).response()
    }

    /// Whether a request may go on; false when it was answered: a foreign page's with 403, a preflight with 204.
    ///
    /// - Parameter isPage: Whether people may come by a link from anywhere.
    func admit(_ exchange: HTTPExchange, methods: String, isPage: Bool = false) -> Bool {
        let request = exchange.request
        exchange.headers.append(HTTPField(name: "Vary", value: "Origin"))
        if let origin = request.origin {
            guard admission.allows(origin: origin, host: request.host) else {
                exchange.respond(refusal("origin \(origin.prefix(200)) is not allowed", exchange.path))
                return false
            }
            exchange.headers += [
                HTTPField(name: "Access-Control-Allow-Origin", value: origin),
                HTTPField(name: "Access-Control-Expose-Headers", value: "Retry-After"),
            ]
        } else if let refusal = refusal(of: request, isPage: isPage) {
            exchange.respond(self.refusal(refusal, exchange.path))
            return false
        }
        guard request.method == .options else { return true }
        exchange.headers.append(HTTPField(name: "Allow", value: methods))
        if request.origin != nil {
            exchange.headers += [
                HTTPField(name: "Access-Control-Allow-Methods", value: methods),
                // The star stands for every header but Authorization.
                HTTPField(name: "Access-Control-Allow-Headers", value: "*, Authorization"),
                HTTPField(name: "Access-Control-Max-Age", value: "600"),
            ]
        }
        exchange.respond(HTTPResponse(status: 204))
        return false
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
