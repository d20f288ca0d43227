internal import GraphQLTransport

/// The operations and fragments of a document as trees.
struct QueryDocument {
    /// One operation.
    struct Definition {
        let kind: Operation.Kind
        let name: String?
        let variables: [Variable]
        let selections: [Selection]
    }

    /// The definition of one variable, its type as canonical text.
    struct Variable: Equatable {
        let name: String
        let type: String
        let standard: QueryValue?
    }

    /// A named fragment.
    struct Fragment {
        let type: String
        let selections: [Selection]
    }

    /// A part of a selection set.
    indirect enum Selection {
        case field(Field)
        case spread(String)
        case inline(type: String?, [Selection])
    }

    /// A field with its key, arguments and selections.
    struct Field {
        let key: String
        let name: String
        let arguments: [Argument]
        var selections: [Selection]
    }

    /// One argument at a field.
    struct Argument: Equatable {
        let name: String
        let value: QueryValue
    }

    var operations: [Definition] = []
    var fragments: [String: Fragment] = [:]

    /// Reads the canonical text of a document.
    init(_ document: Document) throws(QueryError) {
        var parser = try QueryParser(document.canonical)
        try parser.read(into: &self)
    }
}
