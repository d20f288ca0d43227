/// Whom the listeners of a shard are for, which says what is served there.
enum Clientele: Sendable, CaseIterable {
    /// Clients and operators, who have no listener of their own.
    case everybody
    /// Clients alone.
    case clients
    /// Operators alone.
    case operators

    /// Whether something is served.
    func has(_ route: Route) -> Bool {
        switch (self, route) {
        case (.operators, .clientEnd): true
        // Who closes clients is named by a token, and here operators have none of their own.
        case (_, .clientEnd): false
        case (.everybody, _), (_, .probe): true
        case (.clients, .page): false
        case (.clients, _): true
        // The page shows the events of topics.
        case (.operators, .page), (.operators, .topic), (.operators, .document), (.operators, .missingTopic): true
        case (.operators, .graphQL), (.operators, .namedQuery), (.operators, .documentQuery),
            (.operators, .missingQuery):
            false
        }
    }
}
