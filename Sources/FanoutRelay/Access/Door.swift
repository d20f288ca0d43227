/// What is asked of those who come to a listener.
enum Door: Sendable, Equatable {
    /// Of clients: who they are, where the relay asks for that.
    case clients
    /// Of clients that are asked for certificates: one that was verified says who they are, where they show no token.
    case certified
    /// Of operators, who have a listener of their own: nothing where whoever reaches it is one, else a token that is
    /// good for what operators see.
    case operators(isOpen: Bool)
}
