import Testing

@testable import GraphQLSession

struct AnsweredOperationsTests {
    @Test func `an operation is given up after one whole period, and only if it isn't completed`() {
        var operations = AnsweredOperations()
        for id in [2, 1, 3] as [UInt64] { operations.insert(id) }
        let removals = [operations.remove(3), operations.remove(3)]
        #expect(removals == [true, false])
        let first = operations.turn()
        #expect(first.isEmpty)
        operations.insert(4)
        let second = operations.turn()
        #expect(second == [1, 2])
        #expect(!operations.isEmpty)
        operations.remove(4)
        #expect(operations.isEmpty)
        operations.insert(5)
        operations.removeAll()
        #expect(operations.isEmpty)
    }
}
