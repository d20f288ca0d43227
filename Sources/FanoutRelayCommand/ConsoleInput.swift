import FanoutRelay
import GraphQLSession

/// What the lines of the input mean.
enum ConsoleInput {
    /// Each line is a query, or a part of one.
    case queries(QueryAssembly)
    /// Each line is a value for one variable of a prepared query.
    case values(PreparedQuery, variable: String)

    /// The prompt for the next line.
    var prompt: String {
        switch self {
        case .queries(let assembly): assembly.isEmpty ? "graphql> " : "     ... "
        case .values(_, let variable): "\(variable)> "
        }
    }

    /// Takes a line, or nil for the end of the input; returns the request that it completes, if any.
    mutating func take(_ line: String?) throws -> GraphQLRequest? {
        switch self {
        case .queries(var assembly):
            defer { self = .queries(assembly) }
            return try assembly.take(line).map { try GraphQLRequest(query: $0) }
        case .values(let query, let variable):
            guard let line, !line.isEmpty else { return nil }
            return try query.request([(variable, line)])
        }
    }
}
