import AccessTokens
import Testing
import WebSockets

@testable import FanoutRelay

/// Who is let in at which door.
struct DoorTests {
    private static let operators = "operator-operator-operator"
    private static let admin = "admin-admin-admin-admin"
    private static let reader = "reader-reader-reader"

    private enum Outcome: Equatable {
        case granted(subject: String?)
        case absent
        case refused(String)
    }

    /// What becomes of a plain request and of a handshake.
    private static func outcomes(
        _ authorizer: Authorizer,
        _ token: String?,
        ticket: String? = nil,
        at door: Door
    ) -> [Outcome] {
        let authorization = token.map { "Bearer \($0)" }
        let query = ticket.map { [QueryItem(name: "ticket", value: $0)] } ?? []
        var request = HTTPRequest(path: "/metrics", query: query)
        request.authorization = authorization
        let handshake = UpgradeRequest(path: "/topics/m", query: query, authorization: authorization)
        let questions = [
            AccessQuestion(request, from: "::1", cookieName: nil, at: door),
            AccessQuestion(handshake, topics: ["m"], cookieName: nil, at: door),
        ]
        return questions.map { question in
            switch authorizer.judge(question) {
            case .granted(let grant): .granted(subject: grant.subject)
            case .absent: .absent
            case .refused(let refusal): .refused(refusal.metricReason)
            case .later: .refused("later")
            }
        }
    }

    private static func authorizer(clients: Bool, operators: Bool) throws -> Authorizer {
        let file = "\(admin) subject=ann scopes=admin\n\(reader) subject=ben\n"
        let tokens = try StaticTokens(parsing: Array(file.utf8))
        let authorizer = Authorizer(verifier: clients ? TokenVerifier(staticTokens: tokens) : nil)
        guard operators else { return authorizer }
        let file2 = "\(Self.operators) subject=ops\n"
        authorizer.admitOperators(try StaticTokens(parsing: Array(file2.utf8), granting: [.admin]))
        return authorizer
    }

    @Test(arguments: [false, true], [false, true])
    func `an open door asks nothing`(clients: Bool, operators: Bool) throws {
        let authorizer = try Self.authorizer(clients: clients, operators: operators)
        for token in [nil, Self.reader, "wrong-wrong-wrong-wrong"] {
            let outcomes = Self.outcomes(authorizer, token, at: .operators(isOpen: true))
            #expect(outcomes == [.granted(subject: nil), .granted(subject: nil)])
        }
    }

    @Test(
        arguments: [
            (true, true, [.absent, .granted(subject: "ops"), .granted(subject: "ann"), .refused("scope")]),
            (true, false, [.absent, .refused("unknown_token"), .granted(subject: "ann"), .refused("scope")]),
            (false, true, [.absent, .granted(subject: "ops"), .refused("unknown_token"), .refused("unknown_token")]),
            (false, false, [.absent, .refused("unknown_token"), .refused("unknown_token"), .refused("unknown_token")]),
        ] as [(Bool, Bool, [Outcome])]
    )
    private func `a guarded one takes tokens of operators`(clients: Bool, operators: Bool, expected: [Outcome]) throws {
        let authorizer = try Self.authorizer(clients: clients, operators: operators)
        for (token, outcome) in zip([nil, Self.operators, Self.admin, Self.reader], expected) {
            let outcomes = Self.outcomes(authorizer, token, at: .operators(isOpen: false))
            #expect(outcomes == [outcome, outcome], "\(token ?? "none")")
        }
    }

    @Test func `clients' door doesn't know operators' tokens`() throws {
        let authorizer = try Self.authorizer(clients: true, operators: true)
        let refused = Outcome.refused("unknown_token")
        #expect(Self.outcomes(authorizer, Self.operators, at: .clients) == [refused, refused])
        let ben = Outcome.granted(subject: "ben")
        #expect(Self.outcomes(authorizer, Self.reader, at: .clients) == [ben, ben])
    }

    @Test func `a token in an address is no operator's`() throws {
        let authorizer = try Self.authorizer(clients: false, operators: true)
        let outcomes = Self.outcomes(authorizer, nil, ticket: Self.operators, at: .operators(isOpen: false))
        #expect(outcomes == [.refused("unknown_token"), .refused("unknown_token")])
    }
}
