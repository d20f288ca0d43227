/// One more thing that the owner of a client's connection has to do.
package struct ServerFollowUp: Sendable, Hashable {
    /// What to do; its ranges point into `message`.
    package let action: ServerAction

    /// The client's message that the action is about; empty if the action has no ranges.
    package let message: [UInt8]
}
