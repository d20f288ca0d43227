internal import GraphQLSession
internal import GraphQLTransport
internal import WebSockets

/// The parameters of a GraphQL request over HTTP, from a body or from a URL.
struct GraphQLParameters {
    /// Why a request can't be read: 400, or 415 for the type of its body.
    struct Flaw: Error, Equatable {
        var status = 400
        let message: String

        /// The same as an answer.
        var failure: RelayFailure {
            RelayFailure(status == 415 ? .unsupportedMediaType : .badRequest, message, status: status)
        }
    }

    let query: String
    let operationName: String?
    /// A JSON object.
    let variables: [UInt8]?
    /// A JSON object.
    let extensions: [UInt8]?

    /// Reads a POST's body, or the query of a URL.
    init(_ request: HTTPRequest) throws(Flaw) {
        if request.method == .post {
            guard RequestBody.isContentType(request.contentType) else {
                throw Flaw(status: 415, message: "a body of Content-Type application/json is expected")
            }
            try self.init(body: request.body)
        } else {
            try self.init(query: request)
        }
    }

    private init(body: [UInt8]) throws(Flaw) {
        let message: Message
        do {
            message = try MessageScanner.scanPayload(body.span)
        } catch {
            throw Flaw(message: "the body is no JSON object: \(error)")
        }
        guard message.query.kind == .string else { throw Flaw(message: "the member query, a string, is missing") }
        guard let request = SubscribeRequest(message, in: body.span) else {
            throw Flaw(message: "operationName is a string, variables and extensions are objects")
        }
        if let member = SubscribeRequest.memberThatIsNoText(message, in: body.span) {
            throw Flaw(message: SubscribeRequest.loneSurrogate(in: member))
        }
        query = request.query
        operationName = request.operationName
        variables = request.variables.map { Array(body[$0]) }
        extensions = request.extensions.map { Array(body[$0]) }
    }

    private init(query request: HTTPRequest) throws(Flaw) {
        guard let query = request.parameter("query") else { throw Flaw(message: "the parameter query is missing") }
        self.query = query
        operationName = request.parameter("operationName").flatMap { $0.isEmpty ? nil : $0 }
        variables = try Self.object("variables", of: request)
        extensions = try Self.object("extensions", of: request)
    }

    private static func object(_ name: String, of request: HTTPRequest) throws(Flaw) -> [UInt8]? {
        guard let text = request.parameter(name), !text.isEmpty, text != "null" else { return nil }
        let bytes = Array(text.utf8)
        do {
            _ = try JSONScanner.scanObject(bytes.span)
        } catch {
            throw Flaw(message: "the parameter \(name) is no JSON object: \(error)")
        }
        if JSONString.hasLoneSurrogate(in: bytes.indices, of: bytes.span), name == "variables" {
            throw Flaw(message: SubscribeRequest.loneSurrogate(in: name))
        }
        return bytes
    }

    /// True when it names a topic instead of having a document.
    var namesTopic: Bool { operationName != nil && Document.isEmpty(Array(query.utf8)) }

    /// What the operation is, and whether it may have several results; throws why the document doesn't say.
    func kind() throws -> (kind: Operation.Kind, isIncremental: Bool) {
        let document = try Document(parsing: query)
        let kind = try document.operation(named: operationName).kind
        return (kind, IncrementalDelivery.isAskedFor(in: document, variables: variables))
    }

    /// The request to run upstream.
    func request() throws(InvalidRequest) -> Request {
        try Request(
            query: query,
            operationName: operationName,
            variables: variables.map { String(decoding: $0, as: UTF8.self) },
            extensions: extensions.map { String(decoding: $0, as: UTF8.self) }
        )
    }
}
