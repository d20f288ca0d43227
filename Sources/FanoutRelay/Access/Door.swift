/// What is asked of those who come to a listener.
enum Door: Sendable, Equatable {
    /// Of clients: who they are, where the relay asks for that.
    case clients
    /// Of operators, who have a listener of their own: nothing where whoever reaches it is one, else a token that is good
    /// for what operators see.
    case operators(isOpen: Bool)
}
