import Backoffs
import Synchronization
import Testing

@testable import GraphQLSession

/// Incremental delivery: `@defer` and `@stream`.
@Suite(.timeLimit(.minutes(1)))
struct ResultInPartsTests {
    private static let parts = [
        #"{"data":{"n":1},"pending":[{"id":"0","path":[]}],"hasNext":true}"#,
        #"{"incremental":[{"id":"0","data":{"m":2}}],"hasNext":true}"#, #"{"hasNext":false}"#,
    ]

    private static func messages(_ id: String) -> [String] {
        parts.map { "{\"id\":\"\(id)\",\"type\":\"next\",\"payload\":\($0)}" }
    }

    @Test(arguments: ["{ n }", "mutation { n }"])
    func `execute never cuts a result in parts short silently`(document: String) async throws {
        try await Stage.run { stage, server in
            await stage.session.start()
            let link = try await server.nextAcknowledgedLink()
            let call = stage.execute(document)
            let id = try await link.nextOperation()
            link.send(Self.messages(id)[0])
            await #expect(throws: SessionError.inParts) { try await call.value }
            #expect(await link.next() == .text(Wire.complete(id)))
        }
    }

    @Test func `a subscription of a query has all its parts, and completes`() async throws {
        try await Stage.run { stage, server in
            await stage.session.start()
            let link = try await server.nextAcknowledgedLink()
            let subscription = try await stage.session.subscribe(GraphQLRequest(query: "{ n ... @defer { m } }"))
            let id = try await link.nextOperation()
            link.send(Self.messages(id) + [Wire.complete(id)])
            #expect(try await subscription.texts() == Self.parts)
        }
    }

    @Test func `all results of a query are handed over, and it is tried again only before the first`() async throws {
        try await Stage.run {
            $0.retryExecute = .constant(.milliseconds(1)).limited(tries: 3)
        } _: { stage, server in
            await stage.session.start()
            let first = try await server.nextAcknowledgedLink()
            let seen = Mutex<[String]>([])
            let request = try GraphQLRequest(query: "{ n ... @defer { m } }")
            let call = { @Sendable in
                try await stage.session.executeAll(request) { result in
                    seen.withLock { $0.append(String(decoding: result, as: UTF8.self)) }
                }
            }
            let whole = Task { try await call() }
            _ = try await first.nextOperation()
            first.cut()
            let second = try await server.nextAcknowledgedLink()
            let id = try await second.nextOperation()
            second.send(Self.messages(id) + [Wire.complete(id)])
            try await whole.value
            #expect(seen.withLock { $0 } == Self.parts)

            let broken = Task { try await call() }
            second.send(Self.messages(try await second.nextOperation())[0])
            while seen.withLock({ $0.count }) == 3 { try await second.settle() }
            second.cut()
            let error = await #expect(throws: SessionError.self) { try await broken.value }
            guard case .linkLost = error else {
                Issue.record("\(String(describing: error))")
                return
            }
            try await server.nextAcknowledgedLink().settle()
            #expect(seen.withLock { $0 } == Self.parts + [Self.parts[0]])
        }
    }

    @Test func `a mutation without a result has an unknown outcome`() async throws {
        try await Stage.run { stage, server in
            await stage.session.start()
            let link = try await server.nextAcknowledgedLink()
            let call = stage.execute("mutation { n }")
            link.send(Wire.complete(try await link.nextOperation()))
            let error = await #expect(throws: SessionError.self) { try await call.value }
            #expect(error == .outcomeUnknown(reason: SessionError.noResult.description))
        }
    }
}
