/// Collects the fields of a selection set and its fragments, each key once and in order.
struct FieldCollector {
    /// The most fields and fragments visited, since nested fragments can make a short document huge.
    static let maximumSteps = 2_000
    /// The most fields of one selection set.
    static let maximumFields = 100

    private(set) var fields: [QueryDocument.Field] = []
    private let document: QueryDocument
    private var steps = 0
    private var path: [String] = []

    init(_ document: QueryDocument) { self.document = document }

    mutating func collect(_ selections: [QueryDocument.Selection], of type: String) throws(QueryError) {
        for selection in selections {
            steps += 1
            guard steps <= Self.maximumSteps else { throw QueryError("the selection is too large") }
            switch selection {
            case .field(let field):
                try add(field)
            case .inline(type: let condition, let inner):
                try check(condition, type)
                try collect(inner, of: type)
            case .spread(let name):
                guard let fragment = document.fragments[name] else {
                    throw QueryError("there is no fragment \(QueryError.quote(name))")
                }
                guard !path.contains(name) else {
                    throw QueryError("the fragment \(QueryError.quote(name)) contains itself")
                }
                try check(fragment.type, type)
                path.append(name)
                try collect(fragment.selections, of: type)
                path.removeLast()
            }
        }
    }

    private mutating func add(_ field: QueryDocument.Field) throws(QueryError) {
        guard let index = fields.firstIndex(where: { $0.key == field.key }) else {
            guard fields.count < Self.maximumFields else { throw QueryError("the selection is too large") }
            return fields.append(field)
        }
        guard fields[index].name == field.name, fields[index].arguments == field.arguments else {
            throw QueryError("\(QueryError.quote(field.key)) stands for two different fields")
        }
        fields[index].selections += field.selections
    }

    private func check(_ condition: String?, _ type: String) throws(QueryError) {
        guard let condition, condition != type else { return }
        throw QueryError("a fragment on \(QueryError.quote(condition)) doesn't fit \(type)")
    }
}
