internal import GraphQLTransport

/// A variable of an allowed document's operation, and where its value comes from.
struct BoundVariable {
    enum Source {
        /// The client may send it, or has to.
        case free(isRequired: Bool)
        /// The operator's value, and its form for comparing.
        case fixed([UInt8], comparable: [UInt8])
        /// The document's default, which isn't sent to the server; its form for comparing.
        case standard(comparable: [UInt8])
        /// A claim of the client's credential.
        case claim(String, BoundType)
    }

    let name: String
    let source: Source

    /// Checks a rule against the variable's declaration; without one its default is what it is.
    init(_ definition: VariableDefinition, _ rule: VariableRule?) throws(Problem) {
        name = definition.name
        switch rule {
        case nil:
            guard let value = definition.defaultValue, let comparable = try? CanonicalJSON.comparable(value.span) else {
                throw Problem(
                    "it has the type \(definition.type) and no default, so it must be said what it is; allowed: "
                        + "claim:PATH, free, or a JSON value"
                )
            }
            source = .standard(comparable: comparable)
        case .free?:
            source = .free(isRequired: definition.isRequired)
        case .fixed(let text)?:
            let value = try Self.fixed(text, definition.type)
            guard let comparable = try? CanonicalJSON.comparable(value.span) else { throw Self.noJSON }
            source = .fixed(value, comparable: comparable)
        case .claim(let path)?:
            guard !path.isEmpty else { throw Problem("the claim has no name; allowed: claim:PATH") }
            guard !definition.hasDefault else {
                throw Problem("it has a default, which would stand in for a claim; allowed: a variable without one")
            }
            guard let type = BoundType(declared: definition.type) else {
                throw Problem(
                    "a claim can't be bound to the type \(definition.type); allowed: ID, String, Int, Float, Boolean "
                        + "and scalars of the server's, each with or without '!'"
                )
            }
            source = .claim(path, type)
        }
    }

    /// What is wrong with a rule, and what is allowed.
    struct Problem: Error {
        let text: String
        init(_ text: String) { self.text = text }
    }

    private static let noJSON = Problem("its value is no JSON; allowed: claim:PATH, free, or a JSON value")

    /// The value in canonical form, if the type can have it as far as that is known here.
    private static func fixed(_ text: String, _ type: String) throws(Problem) -> [UInt8] {
        let bytes = Array(text.utf8)
        guard let kind = (try? JSONScanner.scan(bytes.span))?.kind, !JSONScanner.hasDuplicateMembers(bytes.span),
            !JSONString.hasLoneSurrogate(in: bytes.indices, of: bytes.span),
            let value = try? CanonicalJSON.value(bytes.span)
        else { throw noJSON }
        if kind == .null {
            guard !type.hasSuffix("!") else { throw Problem("its type \(type) has no null; allowed: another value") }
            return value
        }
        let written = String(decoding: value, as: UTF8.self)
        // Where a single value stands for a list the server takes it as one.
        let fits =
            switch type.hasSuffix("!") ? String(type.dropLast()) : type {
            case "String": kind == .string
            case "ID": kind == .string || (kind == .number && Int(written) != nil)
            case "Int": Int32(written) != nil
            case "Float": kind == .number
            case "Boolean": kind == .boolean
            default: true
            }
        guard fits else {
            throw Problem(
                "its value isn't of the type \(type); allowed: claim:PATH, free, or a JSON value of that type"
            )
        }
        return value
    }

    /// Its value for a request, as JSON; nil when none is sent to the server.
    ///
    /// - Parameters:
    ///   - given: What the client sent; nil when it sent nothing.
    ///   - claim: The claim at a path, as JSON; nil without one.
    func value(given: [UInt8]?, _ claim: (String) -> [UInt8]?) throws(DocumentRefusal) -> [UInt8]? {
        switch source {
        case .free(let isRequired):
            if isRequired, given?.elementsEqual("null".utf8) ?? true { throw .missingVariable(name) }
            return given
        case .fixed(let value, let comparable):
            try require(given, toEqual: comparable)
            return value
        case .standard(let comparable):
            try require(given, toEqual: comparable)
            return nil
        case .claim(let path, let type):
            guard let claim = claim(path) else { throw .claimMissing(name) }
            let value: [UInt8]
            do {
                value = try type.value(of: claim)
            } catch {
                switch error {
                case .empty: throw .claimMissing(name)
                case .type: throw .claimType(name)
                }
            }
            // An id may be sent as text or as a number, like the claim.
            if let given, (try? type.value(of: given)) == value { return value }
            try require(given, toEqual: (try? CanonicalJSON.comparable(value.span)) ?? value)
            return value
        }
    }

    private func require(_ given: [UInt8]?, toEqual comparable: [UInt8]) throws(DocumentRefusal) {
        guard let given else { return }
        guard (try? CanonicalJSON.comparable(given.span)) == comparable else { throw .mismatch(name) }
    }

    /// In words, for reports.
    var description: String {
        switch source {
        case .free: "\(name) free"
        case .fixed(let value, _): "\(name) = \(String(decoding: value, as: UTF8.self))"
        case .standard: "\(name) by its default"
        case .claim(let path, _): "\(name) = claim:\(path)"
        }
    }
}
