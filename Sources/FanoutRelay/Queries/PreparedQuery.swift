package import GraphQLSession
internal import GraphQLTransport

/// A query whose variables are given as texts, in a URL or in a terminal.
package struct PreparedQuery: Sendable {
    /// The names of its variables, in the order of their definition.
    package var variableNames: [String] { variables.map(\.name) }
    /// True for a mutation.
    package let isMutation: Bool
    /// Whether it may have several results.
    let isIncremental: Bool

    private let document: String
    private let variables: [VariableDefinition]

    /// Takes a document with one operation, which is no subscription.
    ///
    /// - Throws: `ConfigurationError`, whose description is one line that says what is wrong.
    package init(document: String) throws(ConfigurationError) {
        do {
            let parsed = try Document(parsing: document)
            let operation = try parsed.operation(named: nil)
            guard operation.kind != .subscription else {
                throw ConfigurationError(description: "its document is a subscription, not a query")
            }
            isMutation = operation.kind == .mutation
            isIncremental = IncrementalDelivery.isAskedFor(in: parsed, variables: nil)
            variables = operation.variables
        } catch let error as ConfigurationError {
            throw error
        } catch {
            throw ConfigurationError(description: "\(error)")
        }
        self.document = document
    }

    /// The request without variables.
    var bare: GraphQLRequest {
        GraphQLRequest(query: document, operationName: nil, readVariables: nil, readExtensions: nil)
    }

    /// The request with these values: each must belong to a variable, and every required variable must have one.
    package func request(_ values: [(name: String, value: String)]) throws(InvalidValue) -> GraphQLRequest {
        let variables = try Self.variables(variables, values, needsAll: true)
        do {
            return try GraphQLRequest(query: document, variables: String(decoding: variables, as: UTF8.self))
        } catch {
            throw InvalidValue(description: error.description)
        }
    }

    /// The JSON object of variables with these values: each must belong to a variable.
    ///
    /// - Parameter needsAll: Whether every required variable must have one.
    static func variables(
        _ variables: [VariableDefinition],
        _ values: [(name: String, value: String)],
        needsAll: Bool
    ) throws(InvalidValue) -> [UInt8] {
        var output = Array("{".utf8)
        for variable in variables {
            let given = values.filter { $0.name == variable.name }
            guard given.count <= 1 else { throw InvalidValue(description: "\(variable.name) is given twice") }
            guard let text = given.first?.value else {
                guard !needsAll || !variable.isRequired else {
                    throw InvalidValue(description: "\(variable.name) of type \(variable.type) is missing")
                }
                continue
            }
            guard let value = variable.value(of: text) else {
                throw InvalidValue(description: "\(variable.name) must be a value of type \(variable.type)")
            }
            if output.count > 1 { output.append(UInt8(ascii: ",")) }
            JSONString.append(variable.name, to: &output)
            output.append(UInt8(ascii: ":"))
            output += value
        }
        output.append(UInt8(ascii: "}"))
        if let unknown = values.first(where: { given in !variables.contains { $0.name == given.name } }) {
            throw InvalidValue(description: "\(unknown.name.prefix(100)) is no variable of the query")
        }
        return output
    }
}

/// A value that a prepared query can't take.
package struct InvalidValue: Error, Hashable, CustomStringConvertible {
    /// One line.
    package let description: String
}
