internal import Wire

/// The media type of the answer to a GraphQL request (GraphQL over HTTP, "Media Types").
enum GraphQLMediaType: String, CaseIterable {
    /// The status code says whether the request was executed; the default.
    case response = "application/graphql-response+json"
    /// The status code is 200 for every request that could be read.
    case json = "application/json"

    /// The type that a client prefers; nil when it accepts none.
    init?(acceptedBy header: AcceptHeader) {
        let qualities = Self.allCases.map { header.quality(of: $0.rawValue) }
        guard let best = qualities.max(), best > 0, let place = qualities.firstIndex(of: best) else { return nil }
        self = Self.allCases[place]
    }

    /// The status when a request was understood, but not executed because of its errors.
    var requestErrorStatus: Int { self == .json ? 200 : 400 }
}
