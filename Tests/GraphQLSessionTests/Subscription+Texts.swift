@testable import GraphQLSession

extension Subscription {
    /// Reads to the end.
    func texts() async throws -> [String] {
        var texts: [String] = []
        try await self.texts(into: &texts)
        return texts
    }

    /// Reads to the end or error; what came before it is in `texts`.
    func texts(into texts: inout [String]) async throws {
        var iterator = makeAsyncIterator()
        while let batch = try await iterator.next() { texts += batch.texts }
    }
}
