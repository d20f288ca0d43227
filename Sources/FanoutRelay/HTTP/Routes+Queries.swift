internal import AccessTokens
internal import AllowedDocuments
internal import GraphQLTransport
internal import WebSockets

/// Queries at paths of their own.
extension Routes {
    /// Runs one of the operator's queries, whose variables are the URL's parameters.
    func run(_ named: NamedQuery, for exchange: HTTPExchange, on loop: EventLoop) {
        guard let queryRunner else { return exchange.respond(.text("not found", status: 404)) }
        do {
            let request = try named.query.request(exchange.query.map { ($0.name, $0.value) })
            let operation = ExecutableOperation(
                request: request,
                kind: .query,
                isIncremental: named.query.isIncremental
            )
            queryRunner.run(operation, .json, for: exchange, on: loop)
        } catch {
            exchange.respond(RelayFailure(.badRequest, error.description).response())
        }
    }

    /// Runs an allowed query, whose variables are the URL's parameters.
    func run(_ index: Int, for exchange: HTTPExchange, with grant: Grant, on loop: EventLoop) {
        do {
            let values = exchange.query.map { ($0.name, $0.value) }
            let definitions = documents.table.documents[index].definitions
            let variables = try PreparedQuery.variables(definitions, values, needsAll: false)
            switch documents.judge(index, variables, with: grant) {
            case .refused(let denial): exchange.respond(denial.response(asGraphQL: true))
            case .permitted(let operation):
                guard let queryRunner else { return exchange.respond(.text("not found", status: 404)) }
                queryRunner.run(ExecutableOperation(operation), .json, for: exchange, on: loop)
            case .unknown: exchange.respond(.text("not found", status: 404))
            }
        } catch {
            exchange.respond(RelayFailure(.badRequest, error.description).response())
        }
    }
}
