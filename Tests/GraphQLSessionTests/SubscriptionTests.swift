import Backoffs
import GraphQLTransport
import Testing

@testable import GraphQLSession

/// One operation and its reader.
@Suite(.timeLimit(.minutes(1)))
struct SubscriptionTests {
    @Test func `results arrive in order, and completion ends them`() async throws {
        try await Stage.run { stage, server in
            await stage.session.start()
            let link = try await server.nextAcknowledgedLink()
            let (subscription, id) = try await stage.subscribe(at: link)
            link.send((0..<500).map { Wire.next(id, $0) } + [Wire.complete(id)])
            #expect(try await subscription.texts() == (0..<500).map(Wire.payload))
            #expect(await stage.session.isConnected)
        }
    }

    @Test func `what arrived together comes as one batch`() async throws {
        try await Stage.run { stage, server in
            await stage.session.start()
            let link = try await server.nextAcknowledgedLink()
            let (subscription, id) = try await stage.subscribe(at: link)
            link.send((0..<5).map { Wire.next(id, $0) })
            try await link.settle()
            var iterator = subscription.makeAsyncIterator()
            #expect(try await iterator.next()?.texts == (0..<5).map(Wire.payload))
        }
    }

    @Test func `D5 what waits for a slow reader is bounded, and what was dropped is counted`() async throws {
        try await Stage.run {
            $0.subscriptionBuffer = 1_000
        } _: { stage, server in
            await stage.session.start()
            let link = try await server.nextAcknowledgedLink()
            let (subscription, id) = try await stage.subscribe(at: link)
            let (other, otherID) = try await stage.subscribe(at: link)
            link.send((0..<10_000).map { Wire.next(id, $0) } + [Wire.next(otherID, 1), Wire.complete(otherID)])
            // The other subscription isn't harmed.
            #expect(try await other.texts() == [Wire.payload(1)])
            var iterator = subscription.makeAsyncIterator()
            let batch = try #require(try await iterator.next())
            #expect(batch.bytes.count <= 1_000)
            #expect(batch.dropped + batch.count == 10_000)
            #expect(batch.texts == (batch.dropped..<10_000).map(Wire.payload))
        }
    }

    @Test func `GraphQL errors end the operation with their bytes, and the link stays`() async throws {
        try await Stage.run { stage, server in
            await stage.session.start()
            let link = try await server.nextAcknowledgedLink()
            let (refused, refusedID) = try await stage.subscribe(at: link)
            let (other, otherID) = try await stage.subscribe(at: link)
            let errors = #"[ {"message":"ü", "path":["a",1]} ]"#
            link.send([Wire.error(refusedID, errors), Wire.next(otherID, 1), Wire.complete(otherID)])
            let error = await #expect(throws: QueryError.self) { try await refused.texts() }
            #expect(error?.rawErrors == Array(errors.utf8))
            #expect(error?.errors.map(\.message) == ["ü"])
            #expect(try await other.texts() == [Wire.payload(1)])
            #expect(await stage.session.isConnected)
        }
    }

    @Test func `letting go of a subscription completes it`() async throws {
        try await Stage.run { stage, server in
            await stage.session.start()
            let link = try await server.nextAcknowledgedLink()
            let id: String
            do {
                let (subscription, firstID) = try await stage.subscribe(at: link)
                id = firstID
                link.send(Wire.next(id, 1))
                for try await batch in subscription {
                    #expect(batch.texts == [Wire.payload(1)])
                    break
                }
            }
            #expect(await link.next() == .text(Wire.complete(id)))
        }
    }

    @Test func `an operation that the server has completed isn't completed again`() async throws {
        try await Stage.run { stage, server in
            await stage.session.start()
            let link = try await server.nextAcknowledgedLink()
            do {
                let (subscription, id) = try await stage.subscribe(at: link)
                link.send([Wire.next(id, 1), Wire.complete(id)])
                #expect(try await subscription.texts() == [Wire.payload(1)])
            }
            do {
                let (refused, id) = try await stage.subscribe(at: link)
                link.send(Wire.error(id, #"[{"message":"no"}]"#))
                await #expect(throws: QueryError.self) { try await refused.texts() }
            }
            // Whatever letting go of them said would come before the pong.
            try await link.settle()
        }
    }

    @Test func `cancelling the reading task completes it, though the subscription is held`() async throws {
        try await Stage.run { stage, server in
            await stage.session.start()
            let link = try await server.nextAcknowledgedLink()
            let (subscription, id) = try await stage.subscribe(at: link)
            let reader = Task { try await subscription.texts() }
            reader.cancel()
            await #expect(throws: CancellationError.self) { try await reader.value }
            #expect(await link.next() == .text(Wire.complete(id)))
            withExtendedLifetime(subscription) {}
        }
    }

    @Test func `a lost link ends its subscriptions after what had arrived`() async throws {
        try await Stage.run { stage, server in
            await stage.session.start()
            let link = try await server.nextAcknowledgedLink()
            let (subscription, id) = try await stage.subscribe(at: link)
            link.send([Wire.next(id, 1), Wire.next(id, 2)])
            try await link.settle()
            link.cut()
            var seen: [String] = []
            let error = await #expect(throws: SessionError.self) { try await subscription.texts(into: &seen) }
            #expect(seen == [Wire.payload(1), Wire.payload(2)])
            guard case .linkLost(.lost) = error else {
                Issue.record("\(String(describing: error))")
                return
            }
        }
    }

    @Test func `D6 a healthy link that drops every few events never uses the budget up`() async throws {
        try await Stage.run {
            $0.retryConnect = .constant(.milliseconds(1)).limited(tries: 2)
            $0.stableAfter = .zero
        } _: { stage, server in
            let session = stage.session
            await session.start()
            let events = restarting(with: .constant(.milliseconds(1)).limited(tries: 3), stableAfter: .zero) {
                try await session.subscribe(GraphQLRequest(query: "subscription { n }"))
            }
            let links = 20
            let serving = Task {
                for number in 0..<links {
                    let link = try await server.nextAcknowledgedLink()
                    let id = try await link.nextSubscribe()
                    link.send((0..<5).map { Wire.next(id, number * 5 + $0) })
                    // The last one is let go of by the reader.
                    guard number < links - 1 else { return }
                    try await link.settle()
                    link.cut()
                }
            }
            var seen: [String] = []
            var resumptions = 0
            for await event in events {
                switch event {
                case .next(let batch): seen += batch.texts
                case .resumed: resumptions += 1
                case .interrupted: break
                case .ended(let end): Issue.record("it ended: \(end)")
                }
                if seen.count == links * 5 { break }
            }
            try await serving.value
            #expect(seen == (0..<links * 5).map(Wire.payload))
            #expect(resumptions == links - 1)
        }
    }
}
