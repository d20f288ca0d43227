package import GraphQLTransport

/// Why a client's operation joins no topic.
package struct OperationRefusal: Error, CustomStringConvertible {
    package let description: String
    /// The operation, if it is a query or mutation.
    package var executable: Executable?
    /// What is wrong with its document, if that is why.
    private var flaw: DocumentError?
    /// The errors that its client gets, if they say more than the description.
    private var ownErrors: [UInt8]?

    /// Refuses an operation for a reason that its client is told.
    package init(description: String, executable: Executable? = nil) {
        self.description = description
        self.executable = executable
    }

    /// Refuses an operation with errors of its own, a JSON array.
    package init(description: String, errors: [UInt8]) {
        self.description = description
        ownErrors = errors
    }

    /// Refuses an operation for what is wrong with its document, or for another error.
    init(_ error: any Error) {
        description = "\(error)"
        flaw = error as? DocumentError
    }

    /// A raw JSON array of the one GraphQL error that its client gets, with the place in its document if it has one.
    package var errors: [UInt8] {
        ownErrors ?? MessageWriter.errors(message: description, locations: flaw?.locations)
    }

    /// What may be run instead, where clients may run queries and mutations.
    package struct Executable {
        /// What to send to the server: the client's extensions in canonical form, without what is for the relay.
        package var request: GraphQLRequest
        package let kind: GraphQLTransport.Operation.Kind
        /// Whether its result may come in parts.
        package let isIncremental: Bool
        /// Whether it is one of the operator's documents, and so may be run where clients' own may not.
        package let isAllowed: Bool

        package init(
            request: GraphQLRequest,
            kind: GraphQLTransport.Operation.Kind,
            isIncremental: Bool,
            isAllowed: Bool = false
        ) {
            self.request = request
            self.kind = kind
            self.isIncremental = isIncremental
            self.isAllowed = isAllowed
        }
    }
}
