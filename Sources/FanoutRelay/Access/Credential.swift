internal import GraphQLTransport
internal import Wire

/// What a client shows of who it is; never logged, never sent on.
enum Credential: Equatable {
    /// It shows nothing, or nothing yet.
    case none
    /// A token, which may be used for as long as it is valid.
    case token(String)
    /// A token of the address, good for starting a connection only: addresses stand in logs of proxies.
    case ticket(String)
    /// Several that differ: who it is can't be said.
    case ambiguous

    /// The query parameter of a ticket.
    static let ticketParameter = "ticket"

    /// Of a handshake or a request: `Authorization: Bearer TOKEN`, the operator's cookie, or `?ticket=`.
    init(authorization: String?, cookie: String?, ticket: String?, cookieName: String?) {
        let bearer = authorization.flatMap(Self.bearerToken)
        let stored = cookieName.flatMap { name in cookie.flatMap { Self.cookie(named: name, in: $0) } }
        switch (bearer, stored, ticket) {
        case (nil, nil, nil): self = .none
        case (let token?, nil, nil), (nil, let token?, nil): self = .token(token)
        case (let token?, let other?, nil) where token == other: self = .token(token)
        case (nil, nil, let ticket?): self = .ticket(ticket)
        default: self = .ambiguous
        }
    }

    /// Of the payload of `connection_init`, where clients have many habits: `Authorization`, `authorization`, `token`,
    /// and the first two again in an object `headers`.
    init(payload: Range<Int>?, in message: Span<UInt8>) {
        guard let payload else {
            self = .none
            return
        }
        var found = Self.members(of: payload, in: message)
        if let value = Self.string("token", of: payload, in: message) { found.append(value) }
        let headers = JSONScanner.member("headers", of: payload, in: message)
        if headers.kind == .object { found += Self.members(of: headers.range, in: message) }
        let tokens = Set(found.map { Self.bearerToken($0) ?? $0 })
        switch tokens.count {
        case 0: self = .none
        case 1: self = tokens.first.map(Credential.token) ?? .none
        default: self = .ambiguous
        }
    }

    private static func members(of object: Range<Int>, in message: Span<UInt8>) -> [String] {
        [string("Authorization", of: object, in: message), string("authorization", of: object, in: message)]
            .compactMap(\.self)
    }

    private static func string(_ name: StaticString, of object: Range<Int>, in message: Span<UInt8>) -> String? {
        let token = JSONScanner.member(name, of: object, in: message)
        guard token.kind == .string, let text = JSONString.decode(token, in: message), !text.isEmpty else { return nil }
        return text
    }

    /// Whether a value of `Authorization` is a token.
    static func isBearer(_ authorization: String) -> Bool { bearerToken(authorization) != nil }

    /// The token behind `Bearer`, in any case (RFC 6750, section 2.1); nil for other schemes.
    private static func bearerToken(_ value: String) -> String? {
        let scheme = value.prefix { $0 != " " }
        guard scheme.lowercased() == "bearer", scheme.endIndex < value.endIndex else { return nil }
        let token = value[scheme.endIndex...].trimmingBlanks
        return token.isEmpty ? nil : String(token)
    }

    /// The first cookie of a name (RFC 6265, section 4.2.1).
    private static func cookie(named name: String, in header: String) -> String? {
        for pair in header.split(separator: ";") {
            let pair = pair.trimmingBlanks
            guard let equals = pair.firstIndex(of: "="), pair[..<equals] == name else { continue }
            var value = pair[pair.index(after: equals)...]
            if value.count >= 2, value.first == "\"", value.last == "\"" { value = value.dropFirst().dropLast() }
            return value.isEmpty ? nil : String(value)
        }
        return nil
    }
}
