@testable import Backoffs

/// A stream that delivers its elements, one each `interval` of a manual clock, and then fails or completes.
///
/// Notes on which actor `next` was asked to stay, to show that nobody left it.
struct Scripted: AsyncSequence, Sendable {
    typealias Element = Int

    var elements: [Int]
    var interval = Duration.zero
    var clock: ManualClock?
    var failure: Failure?
    var actors: Record<ObjectIdentifier?>?

    func makeAsyncIterator() -> Iterator {
        Iterator(script: self, elements: elements.makeIterator())
    }

    struct Iterator: AsyncIteratorProtocol {
        var script: Scripted
        var elements: IndexingIterator<[Int]>

        mutating func next() async throws -> Int? {
            try await next(isolation: #isolation)
        }

        mutating func next(isolation actor: isolated (any Actor)?) async throws(any Error) -> Int? {
            script.actors?.append(actor.map { ObjectIdentifier($0) })
            guard let element = elements.next() else {
                if let failure = script.failure { throw failure }
                return nil
            }
            script.clock?.advance(by: script.interval)
            return element
        }
    }
}
