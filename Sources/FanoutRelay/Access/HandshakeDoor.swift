internal import AccessTokens
internal import AllowedDocuments
internal import Fanout
internal import WebSockets
internal import Wire

/// Decides over handshakes: by their path, their Origin, and what their credential is good for.
///
/// A class, so that no handshake copies what it knows.
final class HandshakeDoor: Sendable {
    let routes: Routes
    let statistics: ShardStatistics

    init(routes: Routes, statistics: ShardStatistics) {
        self.routes = routes
        self.statistics = statistics
    }

    private var authorizer: Authorizer { routes.authorizer }

    /// The route of a path; nil when nothing is served there.
    func route(at path: String) -> Route? { routes.route(at: path) }

    /// Decides over a handshake, and remembers in its context what its credential is good for.
    ///
    /// libwebsockets can't wait here: where the decision takes time, the handshake is completed, and the client waits.
    func decide(_ request: UpgradeRequest) -> UpgradeDecision {
        let route = routes.route(at: request.path)
        switch route {
        case .graphQL, .topic, .document, .missingTopic: break
        case .namedQuery, .documentQuery, .missingQuery, .page, .clientEnd, .probe, nil:
            return Self.nothing(at: request.path)
        }
        if request.origin != nil {
            let decision = routes.admission(of: request.binding, usesHTTPS: request.usesHTTPS).decide(request)
            guard case .accept = decision else { return decision }
        }
        let door = routes.door(of: request.binding)
        if authorizer.isOpen(at: door) {
            switch route {
            case .missingTopic: return Self.nothing(at: request.path)
            case .document: break
            default: return .accept(context: Entrance.open)
            }
        }
        let question = AccessQuestion(
            request,
            topics: route.flatMap(routes.topicName).map { [$0] } ?? [],
            cookieName: authorizer.cookieName,
            at: door
        )
        switch authorizer.judge(question, mayComeLater: route == .graphQL) {
        case .granted(let grant): return admit(grant, question, request, to: route)
        case .later: return .accept(context: Entrance(question, nil))
        // It may come in `connection_init`.
        case .absent where route == .graphQL: return .accept(context: Entrance(question, nil))
        case .absent: return authorizer.refuse(.absent).decision
        case .refused(let refusal): return refusal.decision
        }
    }

    /// Lets a client in whose credential is good, if that permits what the path names.
    private func admit(
        _ grant: Grant,
        _ question: AccessQuestion,
        _ request: UpgradeRequest,
        to route: Route?
    ) -> UpgradeDecision {
        switch route {
        case .topic, .missingTopic:
            guard grant.allows(topic: route.flatMap(routes.topicName) ?? "") else {
                return authorizer.refuse(.forbiddenTopic).decision
            }
            if case .missingTopic = route { return Self.nothing(at: request.path) }
        default: break
        }
        guard hasRoom(for: grant) else { return SubjectLedger.decision }
        guard case .document(let index) = route else { return .accept(context: Entrance(question, grant)) }
        switch routes.documents.judge(index, parameter: request.parameter("variables"), with: grant) {
        case .permitted(let operation): return .accept(context: Entrance(question, grant, operation))
        case .refused(let denial): return denial.decision
        case .unknown: return .refuse(status: 404, reason: "there is nothing here")
        }
    }

    private static func nothing(at path: String) -> UpgradeDecision {
        .refuse(status: 404, reason: "there is nothing at \(path.prefix(200))")
    }

    /// Whether the subject of a credential may have one more connection; a refusal is counted.
    func hasRoom(for grant: Grant) -> Bool {
        guard let subjects = routes.subjects, let subject = grant.subject, !subjects.hasRoom(for: subject) else {
            return true
        }
        statistics.met(.subject)
        return false
    }
}

extension AccessRefusal {
    /// The answer to a handshake.
    fileprivate var decision: UpgradeDecision { .refuse(status: status, reason: reason, headers: headers) }
}
