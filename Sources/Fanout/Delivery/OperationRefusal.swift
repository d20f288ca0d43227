package import GraphQLTransport

/// Why a client's operation joins no topic.
package struct OperationRefusal: Error, CustomStringConvertible {
    package let description: String
    /// The operation, if it is a query or mutation.
    package var executable: Executable?

    /// Refuses an operation for a reason that its client is told.
    package init(description: String, executable: Executable? = nil) {
        self.description = description
        self.executable = executable
    }

    /// A query or mutation that may be run instead, where clients may run these.
    package struct Executable {
        /// What to send to the server: the client's extensions in canonical form, without what is for the relay.
        package var request: GraphQLRequest
        package let kind: GraphQLTransport.Operation.Kind
        /// Whether its result may come in parts.
        package let isIncremental: Bool
    }
}
