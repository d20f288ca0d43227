internal import AccessTokens
internal import WebSockets
internal import Wire

/// What has to be decided: what a client shows of who it is, and what it asks for.
final class AccessQuestion: Sendable {
    /// Where the credential was found.
    enum Kind: String {
        case bearer, cookie, ticket, ping
        case connectionInit = "connection_init"
    }

    /// Where the client came in.
    let door: Door
    let credential: Credential
    /// The certificate of the client's TLS session; nil when it showed none.
    let certificate: ClientCertificate?
    /// Nil when nothing was shown with a handshake or a request.
    let kind: Kind?
    /// Whether it comes with a plain request, where a ticket only lets a stream of events begin.
    let isRequest: Bool
    let path: String
    let origin: String?
    /// The client's address in numbers.
    let peer: String
    /// The names of the operator's topics that are asked for, as far as they are known.
    let topics: [String]
    /// The payload of `connection_init`: a JSON object.
    let payload: [UInt8]?

    private init(
        _ credential: Credential,
        _ kind: Kind?,
        at door: Door,
        _ certificate: ClientCertificate?,
        isRequest: Bool = false,
        path: String,
        origin: String?,
        peer: String,
        topics: [String],
        payload: [UInt8]? = nil
    ) {
        self.door = door
        self.credential = credential
        self.certificate = certificate
        self.kind = kind
        self.isRequest = isRequest
        self.path = path
        self.origin = origin
        self.peer = peer
        self.topics = topics
        self.payload = payload
    }

    /// Of a handshake.
    convenience init(_ request: UpgradeRequest, topics: [String], cookieName: String?, at door: Door = .clients) {
        let credential = Credential(
            authorization: request.authorization,
            cookie: request.cookie,
            ticket: request.parameter(Credential.ticketParameter),
            cookieName: cookieName
        )
        self.init(
            credential,
            Kind(of: credential, authorization: request.authorization),
            at: door,
            request.certificate,
            path: request.path,
            origin: request.origin,
            peer: request.peer,
            topics: topics
        )
    }

    /// Of a client of GraphQL's WebSockets that wants to stay longer.
    convenience init(prolonging credential: Credential, from peer: String) {
        self.init(credential, .ping, at: .clients, nil, path: "/graphql", origin: nil, peer: peer, topics: [])
    }

    /// Of a plain request.
    convenience init(
        _ request: HTTPRequest,
        from peer: String,
        topics: [String] = [],
        cookieName: String?,
        at door: Door = .clients
    ) {
        let credential = Credential(
            authorization: request.authorization,
            cookie: request.cookie,
            ticket: request.parameter(Credential.ticketParameter),
            cookieName: cookieName
        )
        self.init(
            credential,
            Kind(of: credential, authorization: request.authorization),
            at: door,
            request.certificate,
            isRequest: true,
            path: request.path,
            origin: request.origin,
            peer: peer,
            topics: topics
        )
    }

    /// Of a connection's first message; what its payload shows goes before what its handshake showed.
    ///
    /// - Parameter keepsPayload: Whether somebody is told the whole payload.
    convenience init(
        initialising handshake: AccessQuestion,
        _ payload: Range<Int>?,
        in message: Span<UInt8>,
        keepsPayload: Bool
    ) {
        let shown = Credential(payload: payload, in: message)
        self.init(
            shown == .none ? handshake.credential : shown,
            shown == .none && handshake.credential != .none ? handshake.kind : .connectionInit,
            at: handshake.door,
            handshake.certificate,
            path: handshake.path,
            origin: handshake.origin,
            peer: handshake.peer,
            topics: handshake.topics,
            payload: keepsPayload ? payload.map { range in range.map { message[$0] } } : nil
        )
    }
}

extension AccessQuestion {
    /// The same, as a hook is asked it.
    var hookQuestion: HookQuestion {
        let token: String? =
            switch credential {
            case .token(let token), .ticket(let token): token
            case .none, .ambiguous: nil
            }
        return HookQuestion(
            credential: token,
            kind: kind?.rawValue,
            path: path,
            origin: origin,
            peer: peer,
            topics: topics,
            payload: payload
        )
    }
}

extension AccessQuestion.Kind {
    fileprivate init?(of credential: Credential, authorization: String?) {
        switch credential {
        case .none, .ambiguous: return nil
        case .ticket: self = .ticket
        case .token: self = authorization.map(Credential.isBearer) == true ? .bearer : .cookie
        }
    }
}
