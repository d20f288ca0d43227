import Backoff
import GraphQLSession
import Synchronization
import Testing
import WebSockets

@testable import FanoutRelay

/// What clients are answered whose operations run on the upstream session.
@Suite(.timeLimit(.minutes(1)))
struct ExecutorTests {
    private func run(
        _ reply: ScriptedUpstream.Reply,
        limit: Int = 10,
        patience: Duration = .seconds(15),
        executeTimeout: Duration? = .seconds(10),
        _ body: (Executor, ScriptedUpstream) async throws -> Void
    ) async throws {
        let upstream = try ScriptedUpstream(reply)
        let loop = try EventLoop(name: "session")
        var configuration = SessionConfiguration()
        configuration.executeTimeout = executeTimeout
        configuration.retryConnect = .constant(.milliseconds(10))
        configuration.retryExecute = .constant(.milliseconds(1)).limited(tries: 2)
        let session = Session(to: try await upstream.listen(), configuration, on: loop)
        let statistics = Statistics(topics: [], shards: 0)
        statistics.isUpstreamLive.store(true, ordering: .relaxed)
        await session.start()
        let executor = Executor(on: session, statistics: statistics, limit: limit, patience: patience)
        try await body(executor, upstream)
        await session.close()
        await loop.stop()
        await upstream.stop()
    }

    private func answer(
        _ executor: Executor,
        _ query: String,
        _ mediaType: GraphQLMediaType = .json
    ) async throws -> HTTPResponse {
        let request = try Request(query: query)
        return await withCheckedContinuation { continuation in
            executor.run(request, mediaType, from: .unknown) { response, over in
                over()
                continuation.resume(returning: response)
            }
        }
    }

    @Test(arguments: GraphQLMediaType.allCases)
    func `a result has 200 and the media type that was asked for`(mediaType: GraphQLMediaType) async throws {
        try await run(.result(#"{"data":{"n":1}}"#)) { executor, _ in
            let response = try await answer(executor, "{ n }", mediaType)
            #expect(response.status == 200)
            #expect(response.contentType == mediaType.rawValue)
            #expect(String(decoding: response.body, as: UTF8.self) == #"{"data":{"n":1}}"#)
        }
    }

    @Test(arguments: [
        (#"{"errors":[{"message":"m"}]}"#, GraphQLMediaType.json, 200),
        (#"{"errors":[{"message":"m"}]}"#, .response, 400),
        (#"{"errors":[{"message":"m"}],"data":null}"#, .response, 200),
        (#"{"errors":[{"message":"m"}],"data":{"n":null}}"#, .response, 200),
    ])
    func `errors have the status of their media type`(
        payload: String,
        mediaType: GraphQLMediaType,
        status: Int
    ) async throws {
        try await run(.result(payload)) { executor, _ in
            let response = try await answer(executor, "{ n }", mediaType)
            #expect(response.status == status)
            #expect(String(decoding: response.body, as: UTF8.self) == payload)
        }
    }

    @Test func `an operation that ends without a result is 502`() async throws {
        try await run(.nothing) { executor, _ in
            let response = try await answer(executor, "{ n }")
            #expect(response.status == 502)
            #expect(String(decoding: response.body, as: UTF8.self).hasPrefix(#"{"errors":[{"message":""#))
        }
    }

    @Test(arguments: ["{ n }", "mutation { n }"])
    func `an answer that doesn't come in time is 504, by the session's time and by the client's`(
        query: String
    ) async throws {
        try await run(.silence, patience: .milliseconds(100)) { executor, _ in
            let response = try await answer(executor, query)
            #expect(response.status == 504)
        }
        try await run(.silence, executeTimeout: .milliseconds(100)) { executor, upstream in
            let isMutation = query.hasPrefix("mutation")
            // Nobody knows whether a mutation was executed: it is told so, and not sent again.
            let response = try await answer(executor, query)
            #expect(response.status == (isMutation ? 502 : 504))
            if isMutation { #expect(await upstream.operations == 1) }
        }
    }

    @Test func `a mutation whose link was lost is 502 and not sent again`() async throws {
        try await run(.hangUp) { executor, upstream in
            let response = try await answer(executor, "mutation { n }")
            #expect(response.status == 502)
            #expect(await upstream.operations == 1)
        }
    }

    @Test func `one too many is 503 with Retry-After, until another one has its answer`() async throws {
        try await run(.silence, limit: 3, patience: .milliseconds(300)) { executor, _ in
            let (answers, continuation) = AsyncStream.makeStream(of: HTTPResponse.self)
            for _ in 0..<3 {
                executor.run(try Request(query: "{ n }"), from: .unknown) { response, over in
                    over()
                    continuation.yield(response)
                }
            }
            var iterator = answers.makeAsyncIterator()
            let refused = await iterator.next()
            #expect(refused?.status == 503)
            #expect(refused?.headers == [QueryItem(name: "Retry-After", value: "5")])
            for _ in 0..<2 { #expect(await iterator.next()?.status == 504) }
            let answered = try await answer(executor, "{ n }")
            #expect(answered.status == 504)
        }
    }

    @Test func `a place is taken until the answer is out`() async throws {
        try await run(.result(#"{"data":{"n":1}}"#), limit: 1) { executor, _ in
            let (answers, continuation) = AsyncStream.makeStream(of: (Int, @Sendable () -> Void).self)
            executor.run(try Request(query: "{ n }"), from: .unknown) { continuation.yield(($0.status, $1)) }
            var iterator = answers.makeAsyncIterator()
            let (status, over) = try #require(await iterator.next())
            #expect(status == 200)
            #expect(executor.running == 1)
            #expect(try await answer(executor, "{ n }").status == 503)
            over()
            #expect(executor.running == 0)
            #expect(try await answer(executor, "{ n }").status == 200)
        }
    }

    @Test func `without the upstream it is 503 with Retry-After`() async throws {
        let loop = try EventLoop(name: "session")
        let session = Session(to: try Endpoint(parsing: "ws://127.0.0.1:9/"), SessionConfiguration(), on: loop)
        let executor = Executor(on: session, statistics: Statistics(topics: [], shards: 0), limit: 1)
        let response = try await answer(executor, "{ n }", .response)
        #expect(response.status == 503)
        #expect(response.contentType == "application/graphql-response+json")
        #expect(response.headers == [QueryItem(name: "Retry-After", value: "5")])
        await loop.stop()
    }
}
