internal import Fanout
package import GraphQLTransport

/// An operation that clients may bring, with rules for its variables.
///
/// The server gets the operator's text, and variables that are put together here: of a client's request it says which
/// document is meant, and what the free variables are.
public struct AllowedDocument: Sendable {
    /// Letters, digits, `_`, `-` and `.`; at most 64 of them.
    public let name: String
    /// The operation of the document; nil when it has only one.
    public let operationName: String?
    /// The document, as it was given.
    package let text: String
    let document: Document
    let operation: GraphQLTransport.Operation
    let variables: [BoundVariable]

    /// Checks the document, and the rules of its variables.
    ///
    /// A variable without a rule is fixed to its default, and must have one.
    ///
    /// - Parameters:
    ///   - operationName: The operation that clients may run; needed when the document has several.
    ///   - rules: By the names of the variables.
    /// - Throws: `AllowedDocumentError`, whose description is one line.
    public init(
        name: String,
        document text: String,
        operationName: String? = nil,
        rules: [String: VariableRule] = [:]
    ) throws(AllowedDocumentError) {
        guard TopicDefinition.isName(name) else {
            throw AllowedDocumentError(name, "a document's name has 1 to 64 letters, digits, '_', '-' or '.'")
        }
        self.name = name
        self.operationName = operationName
        self.text = text
        do {
            document = try Document(parsing: text)
            operation = try document.operation(named: operationName)
        } catch OperationSelectionError.nameRequired {
            throw AllowedDocumentError(name, "its document holds several operations; allowed: NAME:OPERATION, one each")
        } catch {
            throw AllowedDocumentError(name, "\(error)")
        }
        for variable in rules.keys.sorted() where !operation.variables.contains(where: { $0.name == variable }) {
            let declared = operation.variables.map(\.name).joined(separator: ", ")
            let allowed = declared.isEmpty ? "none, since the operation has no variables" : declared
            throw AllowedDocumentError(
                name,
                variable: variable,
                "the operation has no such variable; allowed: \(allowed)"
            )
        }
        var variables: [BoundVariable] = []
        for definition in operation.variables {
            do {
                variables.append(try BoundVariable(definition, rules[definition.name]))
            } catch {
                throw AllowedDocumentError(name, variable: definition.name, error.text)
            }
        }
        self.variables = variables
    }

    /// What it does.
    package var kind: GraphQLTransport.Operation.Kind { operation.kind }

    /// Its variables that take a claim, and the claims' paths.
    package var bindings: [(variable: String, claim: String)] {
        variables.compactMap { if case .claim(let path, _) = $0.source { ($0.name, path) } else { nil } }
    }

    /// The paths of the claims that its variables take.
    package var claims: [String] { bindings.map(\.claim) }

    /// Whether clients send none of its variables.
    package var needsNoVariables: Bool {
        variables.allSatisfy { if case .free(isRequired: true) = $0.source { false } else { true } }
    }

    /// Whether a variable isn't the client's to choose.
    package var hasRules: Bool { variables.contains { if case .free = $0.source { false } else { true } } }

    /// A request that means it, without variables.
    package var request: GraphQLRequest {
        GraphQLRequest(query: text, operationName: operation.name, readVariables: nil, readExtensions: nil)
    }

    /// What its variables are, in words.
    package var summary: String {
        let words = variables.map(\.description)
        return "\(kind.rawValue), \(words.isEmpty ? "no variables" : words.joined(separator: ", "))"
    }

    /// Its variables with their types, to read those of a URL.
    package var definitions: [VariableDefinition] { operation.variables }

    /// The operation with the variables that a client gets.
    ///
    /// - Parameters:
    ///   - variables: The client's, a JSON object, or nil.
    ///   - claim: The claim at a path, as JSON; nil without one.
    package func compose(
        _ variables: [UInt8]?,
        _ claim: (String) -> [UInt8]?
    ) throws(DocumentRefusal) -> ComposedOperation {
        let given = try read(variables)
        var output: [UInt8] = []
        for variable in self.variables {
            let sent = given.first { $0.name.utf8.elementsEqual(variable.name.utf8) }?.value
            guard let value = try variable.value(given: sent, claim) else { continue }
            output.append(output.isEmpty ? UInt8(ascii: "{") : UInt8(ascii: ","))
            JSONString.append(variable.name, to: &output)
            output.append(UInt8(ascii: ":"))
            output += value
        }
        if !output.isEmpty { output.append(UInt8(ascii: "}")) }
        return try ComposedOperation(of: self, output.isEmpty ? nil : output)
    }

    /// The client's variables, each in canonical form.
    private func read(_ variables: [UInt8]?) throws(DocumentRefusal) -> [(name: String, value: [UInt8])] {
        guard let variables else { return [] }
        let bytes = variables.span
        guard !JSONScanner.hasDuplicateMembers(bytes), !JSONString.hasLoneSurrogate(in: bytes.indices, of: bytes),
            let members = try? JSONObject(bytes).members
        else { throw .malformed }
        var given: [(name: String, value: [UInt8])] = []
        for (name, token) in members {
            guard operation.variables.contains(where: { $0.name.utf8.elementsEqual(name.utf8) }) else {
                throw .unknownVariable(name)
            }
            guard let value = try? CanonicalJSON.value(bytes.extracting(token.range)) else { throw .malformed }
            given.append((name, value))
        }
        return given
    }
}
