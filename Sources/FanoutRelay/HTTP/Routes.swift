internal import AccessTokens
internal import AllowedDocuments
internal import Fanout
internal import GraphQLTransport
internal import Synchronization
internal import WebSockets
internal import Wire

/// Answers the plain HTTP requests of a shard's clients.
struct Routes: Sendable {
    let statistics: Statistics
    let topics: [TopicDefinition]
    private let topicNames: [TopicID: String]
    let queries: [NamedQuery]
    /// Whom the listeners are for.
    var clientele = Clientele.everybody
    /// What is allowed of the clients of each listener.
    var admissions = [Admission()]
    /// What is asked of the clients of each listener.
    var doors = [Door.clients]
    var authorizer = Authorizer()
    /// Counts the connections of each subject; nil where these aren't limited.
    var subjects: SubjectLedger?
    /// What clients may bring.
    let documents: DocumentDoor
    /// Whether clients may run queries and mutations of their own.
    var allowsExecution = false
    /// Runs queries and mutations; nil when clients may run none.
    var queryRunner: QueryRunner?
    /// Closes clients for operators; nil where there are none.
    var closer: ClientCloser?
    private let table: RouteTable

    /// Topics have the numbers of their places unless others are given.
    init(
        statistics: Statistics,
        topics: [TopicDefinition],
        ids: [TopicID]? = nil,
        queries: [NamedQuery] = [],
        documents: DocumentDoor = DocumentDoor()
    ) {
        let ids = ids ?? topics.indices.map { TopicID($0) }
        self.statistics = statistics
        self.topics = topics
        topicNames = Dictionary(zip(ids, topics.map(\.name))) { first, _ in first }
        self.queries = queries
        self.documents = documents
        table = RouteTable(
            topics: topics.map(\.name),
            ids: ids,
            queries: queries.map(\.name),
            documents: documents.table.documents.map { ($0.name, $0.kind) }
        )
    }

    /// The route of a path; nil when nothing is served there.
    func route(at path: String) -> Route? { table[path].flatMap { clientele.has($0) ? $0 : nil } }

    /// The name of a topic of the operator's; empty when it isn't offered.
    func name(of topic: TopicID) -> String { topicNames[topic] ?? "" }

    /// The name of the topic or allowed subscription that a path is for; nil at other paths.
    func topicName(of route: Route) -> String? {
        switch route {
        case .topic(let topic): topicNames[topic]
        case .document(let index): documents.table.documents[index].name
        case .missingTopic(let name): name
        case .graphQL, .namedQuery, .documentQuery, .missingQuery, .page, .clientEnd, .probe: nil
        }
    }

    /// What is allowed of the clients of a listener.
    ///
    /// - Parameter usesHTTPS: Whether a trusted proxy tells that the client speaks https with it.
    func admission(of binding: Int, usesHTTPS: Bool) -> Admission {
        var admission = admissions[admissions.indices.contains(binding) ? binding : 0]
        if usesHTTPS { admission.ownAddress.isSecure = true }
        return admission
    }

    /// What is asked of the clients of a listener.
    func door(of binding: Int) -> Door { doors[doors.indices.contains(binding) ? binding : 0] }

    /// What becomes of a request.
    enum Outcome {
        /// It is answered, or will be.
        case begun
        /// A shard has to serve a stream of events.
        case stream(EventStreamRequest)
        /// Who asks has to be found out first; then `answer` is called again, with the verdict.
        case undecided(AccessQuestion)
    }

    /// Why a request isn't answered with what it asks for.
    private enum Halt: Error {
        case answered
        case undecided(AccessQuestion)
    }

    /// Answers a request, at once or later, on the loop, or says what a shard has to do.
    ///
    /// - Parameter verdict: What was decided over its client; nil when nothing was.
    func answer(_ exchange: HTTPExchange, on loop: EventLoop, _ verdict: Authorizer.Verdict? = nil) -> Outcome {
        exchange.headers = []
        do throws(Halt) {
            let stream = try answer(exchange, on: loop, Asker(exchange: exchange, verdict: verdict))
            return stream.map(Outcome.stream) ?? .begun
        } catch {
            switch error {
            case .answered: return .begun
            case .undecided(let question): return .undecided(question)
            }
        }
    }

    /// Who asks.
    private struct Asker {
        let exchange: HTTPExchange
        /// What was decided over them; nil when nothing was.
        let verdict: Authorizer.Verdict?
    }

    private func answer(
        _ exchange: HTTPExchange,
        on loop: EventLoop,
        _ asker: Asker
    ) throws(Halt) -> EventStreamRequest? {
        let route = route(at: exchange.path)
        let crossOrigin = CrossOrigin(
            admission: admission(of: exchange.request.binding, usesHTTPS: exchange.request.usesHTTPS),
            answersGraphQL: route?.answersGraphQL == true
        )
        switch route {
        case .graphQL:
            guard crossOrigin.admit(exchange, methods: "GET, HEAD, OPTIONS, POST") else { return nil }
            let grant = try grant(for: asker)
            let route = GraphQLRoute(
                queryRunner: queryRunner,
                allowsExecution: allowsExecution,
                documents: documents,
                grant: grant,
                authorizer: authorizer
            )
            return route.answer(exchange, on: loop).map { EventStreamRequest(target: .subscription($0), grant: grant) }
        case .namedQuery(let place):
            guard crossOrigin.admit(exchange, methods: Self.readingMethods), isRead(exchange) else { return nil }
            _ = try grant(for: asker) { $0.mayAskNamedQueries ? nil : .missingScope(.execute) }
            run(queries[place], for: exchange, on: loop)
        case .documentQuery(let index):
            guard crossOrigin.admit(exchange, methods: Self.readingMethods), isRead(exchange) else { return nil }
            run(index, for: exchange, with: try grant(for: asker), on: loop)
        case .document(let index):
            guard crossOrigin.admit(exchange, methods: Self.readingMethods), isRead(exchange) else { return nil }
            return try stream(index, for: asker)
        case .topic(let topic):
            guard crossOrigin.admit(exchange, methods: Self.readingMethods), isRead(exchange) else { return nil }
            if AcceptHeader(exchange.request.accept).names(GraphQLEvents.contentType) {
                let name = name(of: topic)
                let grant = try grant(for: asker, topics: [name]) { $0.allows(topic: name) ? nil : .forbiddenTopic }
                return EventStreamRequest(target: .topic(topic), grant: grant)
            }
            exchange.respond(Self.hint(at: exchange.path))
        case .missingTopic, .missingQuery:
            guard crossOrigin.admit(exchange, methods: Self.readingMethods), isRead(exchange) else { return nil }
            exchange.respond(try response(toMissing: route, for: asker))
        case .page(let page):
            guard crossOrigin.admit(exchange, methods: Self.readingMethods, isPage: true), isRead(exchange) else {
                return nil
            }
            try answer(asker, with: page)
        case .clientEnd(let number):
            guard crossOrigin.admitOwn(exchange, methods: Self.actingMethods), isAction(exchange) else { return nil }
            let grant = try operatorsGrant(for: asker)
            closer?.close(number, for: exchange, by: grant.subject, on: loop)
        case .probe(let probe):
            guard isRead(exchange) else { return nil }
            exchange.respond(try response(to: probe, asker, crossOrigin))
        case nil:
            if isRead(exchange) { exchange.respond(.text("not found", status: 404)) }
        }
        return nil
    }

    /// The answer to a request for a topic or a query that there isn't: "not found" to who might have it, and to all
    /// others what they would get if it were there, so that names can't be guessed.
    private func response(toMissing route: Route?, for asker: Asker) throws(Halt) -> HTTPResponse {
        let exchange = asker.exchange
        let notFound = HTTPResponse.text("not found", status: 404)
        guard !authorizer.isOpen(at: door(of: exchange.request.binding)) else { return notFound }
        guard case .missingTopic(let name) = route else {
            _ = try grant(for: asker) { $0.mayAskNamedQueries ? nil : .missingScope(.execute) }
            return notFound
        }
        if AcceptHeader(exchange.request.accept).names(GraphQLEvents.contentType) {
            _ = try grant(for: asker, topics: [name]) { $0.allows(topic: name) ? nil : .forbiddenTopic }
            return notFound
        }
        guard case .granted(let grant) = authorizer.judge(question(of: exchange, topics: [name])),
            grant.allows(topic: name)
        else { return Self.hint(at: exchange.path) }
        return notFound
    }

    // Who may have what.

    /// What the client of a request may have, if that is enough.
    private func grant(
        for asker: Asker,
        topics: [String] = [],
        takesCookies: Bool = true,
        _ lack: (Grant) -> TokenRefusal? = { _ in nil }
    ) throws(Halt) -> Grant {
        let exchange = asker.exchange
        let refusal: AccessRefusal
        let question = question(of: exchange, topics: topics, takesCookies: takesCookies)
        switch asker.verdict ?? authorizer.judge(question) {
        case .granted(let grant):
            guard let lack = lack(grant) else { return grant }
            refusal = authorizer.refuse(lack)
        case .absent: refusal = authorizer.refuse(.absent)
        case .later: throw .undecided(question)
        case .refused(let reason): refusal = reason
        }
        exchange.respond(refusal.response(asGraphQL: route(at: exchange.path)?.answersGraphQL == true))
        throw .answered
    }

    private func question(
        of exchange: HTTPExchange,
        topics: [String] = [],
        takesCookies: Bool = true
    ) -> AccessQuestion {
        AccessQuestion(
            exchange.request,
            from: exchange.peer,
            topics: topics,
            cookieName: takesCookies ? authorizer.cookieName : nil,
            at: door(of: exchange.request.binding)
        )
    }

    /// What the operator of a request may have that changes something; the token has to be in a header.
    ///
    /// Pages can't set that field for others, as they can have cookies sent, and it stands in no address.
    private func operatorsGrant(for asker: Asker) throws(Halt) -> Grant {
        let exchange = asker.exchange
        guard mayClose(at: door(of: exchange.request.binding)) else {
            exchange.respond(.text("clients can be closed where --admin-token-file is given", status: 403))
            throw .answered
        }
        guard exchange.request.authorization.map(Credential.isBearer) == true else {
            var refusal = authorizer.refuse(.absent).response(asGraphQL: false)
            refusal.body = HTTPResponse.text("a token is needed, in Authorization: Bearer TOKEN").body
            exchange.respond(refusal)
            throw .answered
        }
        return try grant(for: asker, takesCookies: false) { $0.has(.admin) ? nil : .missingScope(.admin) }
    }

    /// Whether operators who come to a door may close clients, with a token.
    private func mayClose(at door: Door) -> Bool {
        closer != nil && authorizer.knowsOperators && door == .operators(isOpen: false)
    }

    /// Whether a request may be told how the relay is inside.
    private func isAdministrator(_ exchange: HTTPExchange) -> Bool {
        if case .granted(let grant) = authorizer.judge(question(of: exchange)) { grant.has(.admin) } else { false }
    }

    /// What a topic's path tells a plain request.
    private static func hint(at path: String) -> HTTPResponse {
        .text(
            "open a WebSocket here, for example: python -m websockets ws://HOST\(path)\n"
                + "or read server-sent events: curl -N -H 'Accept: text/event-stream' http://HOST\(path)",
            status: 426
        )
    }

    private static let readingMethods = "GET, HEAD, OPTIONS"
    private static let actingMethods = "OPTIONS, POST"

    /// Whether it is a GET or HEAD; any other method is answered with 405.
    private func isRead(_ exchange: HTTPExchange) -> Bool {
        switch exchange.request.method {
        case .get, .head: return true
        case .options, .post:
            exchange.respond(Self.refusal(of: "only GET and HEAD are served here", Self.readingMethods))
            return false
        }
    }

    /// Whether it is a POST; any other method is answered with 405.
    private func isAction(_ exchange: HTTPExchange) -> Bool {
        if exchange.request.method == .post { return true }
        exchange.respond(Self.refusal(of: "only POST is served here", Self.actingMethods))
        return false
    }

    private static func refusal(of reason: String, _ methods: String) -> HTTPResponse {
        var response = HTTPResponse.text(reason, status: 405)
        response.headers = [HTTPField(name: "Allow", value: methods)]
        return response
    }

    /// The stream of an allowed subscription's events; nil, and answered, when the client gets none.
    private func stream(_ index: Int, for asker: Asker) throws(Halt) -> EventStreamRequest? {
        let exchange = asker.exchange
        guard AcceptHeader(exchange.request.accept).names(GraphQLEvents.contentType) else {
            exchange.respond(Self.hint(at: exchange.path))
            return nil
        }
        let grant = try grant(for: asker, topics: [documents.table.documents[index].name])
        switch documents.judge(index, parameter: exchange.request.parameter("variables"), with: grant) {
        case .permitted(let operation): return EventStreamRequest(target: .document(operation), grant: grant)
        case .refused(let denial): exchange.respond(denial.response(asGraphQL: false))
        case .unknown: exchange.respond(.text("not found", status: 404))
        }
        return nil
    }

    private func answer(_ asker: Asker, with page: Route.Page) throws(Halt) {
        let exchange = asker.exchange
        switch page {
        case .dashboard:
            // It has nothing in it: what it shows it asks for, with a token where one is needed.
            exchange.respond(Dashboard.page)
        case .topics:
            let grant = try grant(for: asker)
            exchange.respond(
                TopicList.response(
                    topics.filter { grant.allows(topic: $0.name) },
                    documents.table.documents.filter {
                        $0.kind == .subscription && $0.needsNoVariables && grant.allows(topic: $0.name)
                    }
                )
            )
        case .state:
            _ = try grant(for: asker) { $0.has(.admin) ? nil : .missingScope(.admin) }
            let mayClose = mayClose(at: door(of: exchange.request.binding))
            exchange.respond(StateReport(statistics, for: clientele, mayCloseClients: mayClose).response)
        case .metrics:
            _ = try grant(for: asker) { $0.has(.admin) ? nil : .missingScope(.admin) }
            exchange.respond(
                HTTPResponse(
                    contentType: "text/plain; version=0.0.4; charset=utf-8",
                    body: Array(Metrics(statistics).text.utf8)
                )
            )
        }
    }

    /// The answer to a probe; strangers get the status only.
    private func response(
        to probe: Route.Probe,
        _ asker: Asker,
        _ crossOrigin: CrossOrigin
    ) throws(Halt) -> HTTPResponse {
        guard case .readiness = probe else { return .text("ok") }
        let health = Health(statistics)
        let isTrusted = crossOrigin.trusts(asker.exchange.request)
        switch clientele {
        case .everybody: return health.response(tellsInside: isTrusted && isAdministrator(asker.exchange))
        // The reasons are for operators, who have a listener of their own.
        case .clients: return HTTPResponse(status: health.response(tellsInside: false).status)
        case .operators:
            _ = try grant(for: asker)
            return health.response(tellsInside: isTrusted)
        }
    }
}
