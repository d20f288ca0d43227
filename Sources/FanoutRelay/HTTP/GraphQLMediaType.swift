internal import Wire

/// How the answer to a GraphQL request is written (GraphQL over HTTP, "Media Types").
enum GraphQLMediaType: String, CaseIterable {
    /// The status code tells whether the request was executed; the default.
    case response = "application/graphql-response+json"
    /// The status code of a request that could be read is 200.
    case json = "application/json"

    /// The type that a client likes best; nil when it takes none.
    init?(acceptedBy header: AcceptHeader) {
        let qualities = Self.allCases.map { header.quality(of: $0.rawValue) }
        guard let best = qualities.max(), best > 0, let place = qualities.firstIndex(of: best) else { return nil }
        self = Self.allCases[place]
    }

    /// The status of a request that was understood, and not executed for its errors.
    var requestErrorStatus: Int { self == .json ? 200 : 400 }
}
