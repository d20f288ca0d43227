internal import GraphQLTransport

/// What a valid request asks for: the source of events, and the selection of each.
struct QueryPlan: Equatable {
    let source: EventSource
    let selection: EventSelection

    /// Validates a request against the schema.
    init(query: String, operationName: String?, variables: [UInt8]?) throws(QueryError) {
        let document: Document
        let operation: Operation
        do {
            // The rules are checked where the schema is known.
            document = try Document(parsing: query, validates: false)
        } catch {
            throw QueryError("\(error)")
        }
        do {
            operation = try document.operation(named: operationName)
        } catch {
            throw QueryError("\(error)")
        }
        let tree = try QueryDocument(document)
        // Names are ASCII, so that comparing them as strings is exact.
        guard let definition = tree.operations.first(where: { $0.name == operation.name }) else {
            throw QueryError("the operation can't be read")
        }
        let reader = try ArgumentReader(definition.variables, QueryVariables(variables))
        let field = try Self.rootField(definition, tree)
        guard let root = RootField(rawValue: field.name), root.isQuery == (definition.kind == .query) else {
            let type = definition.kind == .subscription ? "Subscription" : "Query"
            throw QueryError("\(type) has no field \(QueryError.quote(field.name))")
        }
        source = EventSource(root, try reader.read(field, as: root))
        try source.validate()
        let shape = try Self.leaves(field, root, source.object ?? root.object, tree)
        selection = EventSelection(key: field.key, source == .continent(nil) ? .scalar(.null) : shape)
    }

    /// The only root field.
    private static func rootField(
        _ definition: QueryDocument.Definition,
        _ tree: QueryDocument
    ) throws(QueryError) -> QueryDocument.Field {
        let type =
            switch definition.kind {
            case .subscription: "Subscription"
            case .query: "Query"
            case .mutation: throw QueryError("there are no mutations")
            }
        var collector = FieldCollector(tree)
        try collector.collect(definition.selections, of: type)
        guard let field = collector.fields.first, collector.fields.count == 1 else {
            throw QueryError("an operation must select one field at the top")
        }
        return field
    }

    /// The selected scalars of an event, in order.
    private static func leaves(
        _ field: QueryDocument.Field,
        _ root: RootField,
        _ object: ObjectDefinition?,
        _ tree: QueryDocument
    ) throws(QueryError) -> EventSelection.Shape {
        guard let object else {
            guard field.selections.isEmpty else {
                throw QueryError("\(QueryError.quote(field.name)) is a scalar and takes no selection")
            }
            return .scalar(root.leaf)
        }
        guard !field.selections.isEmpty else {
            throw QueryError("\(QueryError.quote(field.name)) needs a selection of fields of \(object.name)")
        }
        var collector = FieldCollector(tree)
        try collector.collect(field.selections, of: object.name)
        var members: [EventSelection.Member] = []
        for field in collector.fields {
            let known = object.fields.first { $0.name == field.name }?.leaf
            guard let leaf = known ?? (field.name == "__typename" ? .typename(object.name) : nil) else {
                throw QueryError("\(object.name) has no field \(QueryError.quote(field.name))")
            }
            guard field.selections.isEmpty else {
                throw QueryError("\(QueryError.quote(field.name)) is a scalar and takes no selection")
            }
            if let argument = field.arguments.first {
                throw QueryError("\(object.name).\(field.name) has no argument \(QueryError.quote(argument.name))")
            }
            members.append(EventSelection.Member(key: field.key, leaf: leaf))
        }
        return .object(members)
    }
}
