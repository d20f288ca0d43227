internal import GraphQLTransport
internal import WebSockets

/// GraphQL requests over HTTP, in a body or in a URL.
extension GraphQLRequest {
    /// Reads the body of a POST, or the query of a URL.
    init(_ request: HTTPRequest) throws(RequestFlaw) {
        if request.method == .post {
            guard RequestBody.isContentType(request.contentType) else {
                throw RequestFlaw(status: 415, message: "a body of Content-Type application/json is expected")
            }
            try self.init(body: request.body)
        } else {
            try self.init(query: request)
        }
    }

    private init(body: [UInt8]) throws(RequestFlaw) {
        let message: Message
        do {
            message = try MessageScanner.scanPayload(body.span)
        } catch {
            throw RequestFlaw(message: "the body is no JSON object: \(error)")
        }
        let isByHash = message.query.isAbsentOrNull && PersistedQuery.isNamed(by: message, in: body.span)
        guard message.query.kind == .string || isByHash else {
            throw RequestFlaw(message: "the member query, a string, is missing")
        }
        guard let request = GraphQLRequest(message, in: body.span) else {
            throw RequestFlaw(message: "operationName is a string, variables and extensions are objects")
        }
        if let member = Self.memberThatIsNoText(message, in: body.span) {
            throw RequestFlaw(message: Self.loneSurrogate(in: member))
        }
        self = request
    }

    private init(query request: HTTPRequest) throws(RequestFlaw) {
        let extensions = try Self.object("extensions", of: request)
        let isByHash = PersistedQuery.isNamed(by: extensions)
        guard let query = request.parameter("query") ?? (isByHash ? "" : nil) else {
            throw RequestFlaw(message: "the parameter query is missing")
        }
        self.init(
            query: query,
            operationName: request.parameter("operationName").flatMap { $0.isEmpty ? nil : $0 },
            readVariables: try Self.object("variables", of: request),
            readExtensions: extensions
        )
    }

    private static func object(_ name: String, of request: HTTPRequest) throws(RequestFlaw) -> [UInt8]? {
        guard let text = request.parameter(name), !text.isEmpty, text != "null" else { return nil }
        let bytes = Array(text.utf8)
        do {
            _ = try JSONScanner.scanObject(bytes.span)
        } catch {
            throw RequestFlaw(message: "the parameter \(name) is no JSON object: \(error)")
        }
        if JSONString.hasLoneSurrogate(in: bytes.indices, of: bytes.span), name == "variables" {
            throw RequestFlaw(message: loneSurrogate(in: name))
        }
        return bytes
    }

    /// True when the request names a topic instead of carrying a document.
    var namesTopic: Bool { operationName != nil && Document.isEmpty(Array(query.utf8)) }

    /// The kind of the operation, and whether it may have several results; throws when the document doesn't say.
    func kind() throws -> (kind: Operation.Kind, isIncremental: Bool) {
        let document = try Document(parsing: query)
        let kind = try document.operation(named: operationName).kind
        return (kind, IncrementalDelivery.isAskedFor(in: document, variables: variables))
    }
}
