/// What every client of a run sends and looks for, made once.
struct ClientScript {
    let clientProtocol: ClientProtocol
    /// Finds an event's number in protocols without an envelope; nil checks nothing.
    let search: NumberSearch?
    /// Whether events are numbered at all.
    let checksSequence: Bool
    private let plan: LoadPlan

    init(_ plan: LoadPlan) {
        self.plan = plan
        clientProtocol = plan.clientProtocol
        search = plan.sequenceKey.map(NumberSearch.init)
        checksSequence = plan.sequenceKey != nil || plan.clientProtocol == .plain
    }

    /// A handshake with a fresh key.
    func handshake() -> Handshake {
        let key = Base64.encode((0..<16).map { _ in UInt8.random(in: .min ... .max) })
        return Handshake(key: key, subprotocol: clientProtocol.subprotocol)
    }

    /// The opening request of the connection with this index.
    func request(_ handshake: Handshake, of index: Int) -> [UInt8] {
        let headers = plan.headers + (plan.tokens.map { [$0.header(of: index)] } ?? [])
        let endpoint = plan.endpoint(of: index)
        let target = clientProtocol.target(for: endpoint)
        if clientProtocol == .sse {
            return EventStreamHead.request(host: endpoint.host, target: target, headers: headers)
        }
        return handshake.request(host: endpoint.host, target: target, headers: headers)
    }

    /// A new operation's id.
    func operationID() -> String { plan.subscription.id.make() }

    /// The message that subscribes under `id`.
    func subscribe(id: String) -> [UInt8] {
        let subscription = plan.subscription
        var members: [String] = []
        // A query is required: to a relay, an empty one means the topic of the operation's name.
        members.append("\"query\":\(JSONText.quote(subscription.query ?? ""))")
        if let name = subscription.operationName { members.append("\"operationName\":\(JSONText.quote(name))") }
        if let variables = subscription.variables { members.append("\"variables\":\(variables)") }
        let payload = "{\(members.joined(separator: ","))}"
        return Array("{\"id\":\"\(id)\",\"type\":\"subscribe\",\"payload\":\(payload)}".utf8)
    }
}
