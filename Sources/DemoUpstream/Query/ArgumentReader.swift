/// Reads and checks the arguments of a field.
struct ArgumentReader {
    /// The arguments of one field, complete and within their ranges.
    struct Values: Equatable {
        fileprivate(set) var ints: [String: Int] = [:]
        fileprivate(set) var names: [String]?
        fileprivate(set) var id: String?

        subscript(_ argument: ArgumentDefinition) -> Int { ints[argument.name] ?? 0 }
    }

    let definitions: [QueryDocument.Variable]
    let variables: QueryVariables

    init(_ definitions: [QueryDocument.Variable], _ variables: QueryVariables) throws(QueryError) {
        self.definitions = definitions
        self.variables = variables
        for definition in definitions {
            guard definition.type.hasSuffix("!"), definition.standard == nil else { continue }
            guard let value = variables[definition.name], value != .null else {
                throw QueryError("the variable \(QueryError.quote(definition.name)) must be given")
            }
        }
    }

    func read(_ field: QueryDocument.Field, as root: RootField) throws(QueryError) -> Values {
        for argument in field.arguments {
            guard root.arguments.contains(where: { $0.name == argument.name }) else {
                throw QueryError(
                    "\(root.parent).\(root.rawValue) has no argument \(QueryError.quote(argument.name))"
                )
            }
        }
        var values = Values()
        for definition in root.arguments {
            let written = field.arguments.first { $0.name == definition.name }?.value
            let value = try written.map { (value) throws(QueryError) in try resolve(value, for: definition) } ?? nil
            switch definition.kind {
            case .int(let range, let standard):
                values.ints[definition.name] = try int(value, definition.name, range, standard)
            case .names(let count):
                values.names = try names(value, definition.name, count)
            case .id:
                values.id = try Self.id(value, definition.name)
            }
        }
        return values
    }

    /// The value of a variable; nil if the request doesn't give it.
    private func resolve(_ value: QueryValue, for argument: ArgumentDefinition) throws(QueryError) -> QueryValue? {
        guard case .variable(let name) = value else { return value }
        guard let definition = definitions.first(where: { $0.name == name }) else {
            throw QueryError("the variable \(QueryError.quote(name)) isn't defined")
        }
        guard argument.accepts(definition.type, hasStandard: definition.standard.map { $0 != .null } ?? false) else {
            throw QueryError(
                "the variable \(QueryError.quote(name)) of type \(QueryError.quote(definition.type)) doesn't fit "
                    + "\"\(argument.text)\""
            )
        }
        return variables[name] ?? definition.standard
    }

    private func int(
        _ value: QueryValue?,
        _ name: String,
        _ range: ClosedRange<Int>,
        _ standard: Int?
    ) throws(QueryError) -> Int {
        guard let value else {
            guard let standard else { throw QueryError("the argument \"\(name)\" must be given") }
            return standard
        }
        // An explicit null means the default here; the specification leaves that to the server.
        if value == .null, let standard { return standard }
        guard case .number(let text) = value, let number = Int32(text) else {
            throw QueryError("\"\(name)\" must be an Int, not \(value.description)")
        }
        guard range.contains(Int(number)) else {
            throw QueryError("\"\(name)\" must be from \(range.lowerBound) to \(range.upperBound), not \(number)")
        }
        return Int(number)
    }

    private func names(_ value: QueryValue?, _ argument: String, _ count: Int) throws(QueryError) -> [String]? {
        var names: [String] = []
        switch value {
        case nil, .null: return nil
        case .list(let elements):
            guard (1...count).contains(elements.count) else {
                throw QueryError("\"\(argument)\" must have from 1 to \(count) elements")
            }
            for element in elements { names.append(try Self.name(element, argument)) }
        case let single?: names.append(try Self.name(single, argument))
        }
        guard Set(names).count == names.count else { throw QueryError("\"\(argument)\" names something twice") }
        return names
    }

    /// Reads an ID, which may be written as a number.
    private static func id(_ value: QueryValue?, _ argument: String) throws(QueryError) -> String {
        switch value {
        case nil: throw QueryError("the argument \"\(argument)\" must be given")
        case .string(let text), .number(let text): return text
        case let other?: throw QueryError("\"\(argument)\" must be an ID, not \(other.description)")
        }
    }

    private static func name(_ value: QueryValue, _ argument: String) throws(QueryError) -> String {
        guard case .string(let text) = value, (1...16).contains(text.utf8.count),
            text.utf8.allSatisfy({ ($0 | 0x20) &- UInt8(ascii: "a") < 26 || $0 &- UInt8(ascii: "0") < 10 })
        else {
            throw QueryError("\"\(argument)\" must be made of up to 16 letters and digits, not \(value.description)")
        }
        return text
    }
}
