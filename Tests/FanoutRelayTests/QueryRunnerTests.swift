import Backoffs
import GraphQLSession
import GraphQLTransport
import Synchronization
import Testing
import WebSockets
import Wire

@testable import FanoutRelay

/// What clients are answered whose operations run on the upstream session.
@Suite(.timeLimit(.minutes(1)))
struct QueryRunnerTests {
    private func run(
        _ reply: ScriptedUpstream.Reply,
        limits: QueryRunner.Limits = QueryRunner.Limits(),
        answers: AnswerLimits = AnswerLimits(),
        executeTimeout: Duration? = .seconds(50),
        _ body: (QueryRunner, ScriptedUpstream) async throws -> Void
    ) async throws {
        let upstream = try ScriptedUpstream(reply)
        let loop = try EventLoop(name: "session")
        var configuration = SessionConfiguration()
        configuration.executeTimeout = executeTimeout
        configuration.retryConnect = .constant(.milliseconds(10))
        configuration.retryExecute = .constant(.milliseconds(1)).limited(tries: 2)
        let session = PermanentSession(to: try await upstream.listen(), configuration, on: loop)
        let statistics = Statistics(topics: [], shards: 0)
        statistics.isUpstreamLive.store(true, ordering: .relaxed)
        await session.start()
        let queryRunner = QueryRunner(
            on: session,
            loop: loop,
            statistics: statistics,
            limits: limits,
            budget: AnswerBudget(answers)
        )
        try await body(queryRunner, upstream)
        await session.close()
        await loop.stop()
        await upstream.stop()
    }

    private func operation(_ query: String) throws -> ExecutableOperation {
        let document = try Document(parsing: query)
        return ExecutableOperation(
            request: try GraphQLRequest(query: query),
            kind: try document.operation(named: nil).kind,
            isIncremental: IncrementalDelivery.isAskedFor(in: document, variables: nil)
        )
    }

    private func answer(
        _ queryRunner: QueryRunner,
        _ query: String,
        _ mediaType: GraphQLMediaType = .json
    ) async throws -> HTTPResponse {
        let operation = try operation(query)
        return await withCheckedContinuation { continuation in
            queryRunner.run(operation, from: .unknown) { continuation.resume(returning: $0.response(mediaType)) }
        }
    }

    /// The code of an error of the relay's own.
    private func code(_ response: HTTPResponse) -> String? {
        let text = String(decoding: response.body, as: UTF8.self)
        guard let start = text.firstRange(of: #""code":""#)?.upperBound else { return nil }
        return String(text[start...].prefix { $0 != "\"" })
    }

    @Test(arguments: GraphQLMediaType.allCases)
    func `a result has 200 and the media type that was asked for`(mediaType: GraphQLMediaType) async throws {
        try await run(.result(#"{"data":{"n":1}}"#)) { queryRunner, _ in
            let response = try await answer(queryRunner, "{ n }", mediaType)
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
        try await run(.result(payload)) { queryRunner, _ in
            let response = try await answer(queryRunner, "{ n }", mediaType)
            #expect(response.status == status)
            #expect(String(decoding: response.body, as: UTF8.self) == payload)
        }
    }

    @Test func `an operation that ends without a result is 502`() async throws {
        try await run(.nothing) { queryRunner, _ in
            let response = try await answer(queryRunner, "{ n }")
            #expect(response.status == 502)
            #expect(String(decoding: response.body, as: UTF8.self).hasPrefix(#"{"errors":[{"message":""#))
        }
    }

    @Test(arguments: ["{ n }", "mutation { n }"])
    func `an answer that doesn't come in time is 504, by the session's time and by the client's`(
        query: String
    ) async throws {
        try await run(.silence, limits: QueryRunner.Limits(timeout: .milliseconds(100))) { queryRunner, _ in
            let response = try await answer(queryRunner, query)
            #expect(response.status == 504)
            #expect(code(response) == (query.hasPrefix("mutation") ? "OUTCOME_UNKNOWN" : "UPSTREAM_TIMEOUT"))
        }
        try await run(.silence, executeTimeout: .milliseconds(100)) { queryRunner, upstream in
            let isMutation = query.hasPrefix("mutation")
            // Nobody knows whether a mutation was executed: it is told so, and not sent again.
            let response = try await answer(queryRunner, query)
            #expect(response.status == (isMutation ? 502 : 504))
            if isMutation { #expect(await upstream.operations == 1) }
        }
    }

    @Test func `a mutation whose link was lost is 502 and not sent again`() async throws {
        try await run(.hangUp) { queryRunner, upstream in
            let response = try await answer(queryRunner, "mutation { n }")
            #expect(response.status == 502)
            #expect(code(response) == "OUTCOME_UNKNOWN")
            let text = String(decoding: response.body, as: UTF8.self)
            #expect(text.contains("nobody knows whether the mutation was executed"))
            #expect(await upstream.operations == 1)
        }
    }

    @Test(arguments: [("{ n }", "queries"), ("mutation { n }", "mutations")])
    func `one too many is 503 with Retry-After and a code, when none may wait`(query: String, word: String) async throws
    {
        let limits = QueryRunner.Limits(running: 2, waiting: 0, timeout: .seconds(2))
        try await run(.silence, limits: limits) { queryRunner, _ in
            let (answers, sink) = AsyncStream.makeStream(of: Answer.self)
            queryRunner.run(try operation("{ n }"), from: .unknown) { sink.yield($0) }
            // The other place is kept for another address.
            let refused = try await answer(queryRunner, query)
            #expect(refused.status == 503)
            #expect(refused.headers == [HTTPField(name: "Retry-After", value: "5")])
            #expect(code(refused) == "TOO_MANY_REQUESTS")
            #expect(String(decoding: refused.body, as: UTF8.self).contains("too many \(word) at a time"))
            var iterator = answers.makeAsyncIterator()
            #expect(await iterator.next()?.response(.json).status == 504)
        }
    }

    @Test func `a place is taken until the answer is let go of, and who waits has it then`() async throws {
        let limits = QueryRunner.Limits(running: 1, waiting: 1)
        try await run(.result(#"{"data":{"n":1}}"#), limits: limits) { queryRunner, _ in
            let (answers, continuation) = AsyncStream.makeStream(of: Answer.self)
            queryRunner.run(try operation("{ n }"), from: .unknown) { continuation.yield($0) }
            var iterator = answers.makeAsyncIterator()
            var held = await iterator.next()
            #expect(queryRunner.running == 1)
            #expect(queryRunner.budget.held > 0)
            async let second = answer(queryRunner, "{ n }")
            while queryRunner.waiting == 0 { await Task.yield() }
            #expect(try await answer(queryRunner, "{ n }").status == 503)
            withExtendedLifetime(held) {}
            held = nil
            #expect(try await second.status == 200)
            // The loop lets go of the answer after it has handed it out.
            while queryRunner.running > 0 || queryRunner.budget.held > 0 { await Task.yield() }
        }
    }

    @Test func `who waits too long for a place is refused, and nothing was sent of it`() async throws {
        let limits = QueryRunner.Limits(running: 1, waiting: 5, wait: .milliseconds(50))
        try await run(.silence, limits: limits) { queryRunner, upstream in
            let ticket = queryRunner.run(try operation("{ n }"), from: .unknown) { _ in }
            while await upstream.operations == 0 { await Task.yield() }
            let refused = try await answer(queryRunner, "mutation { n }")
            #expect(code(refused) == "TOO_MANY_REQUESTS")
            #expect(String(decoding: refused.body, as: UTF8.self).contains("the mutation was not executed"))
            #expect(await upstream.operations == 1)
            ticket.cancel()
            while queryRunner.running > 0 { await Task.yield() }
        }
    }

    @Test(arguments: [("{ n }", true), ("mutation { n }", false)])
    func `a query that nobody wants any more ends, a mutation goes on`(query: String, ends: Bool) async throws {
        let limits = QueryRunner.Limits(timeout: .seconds(50))
        try await run(.silence, limits: limits) { queryRunner, upstream in
            let ticket = queryRunner.run(try operation(query), from: .unknown) { _ in }
            while await upstream.operations == 0 { await Task.yield() }
            ticket.cancel()
            if ends {
                while await upstream.completed == 0 { await Task.yield() }
                while queryRunner.running > 0 { await Task.yield() }
            } else {
                // What comes after it was sent after it: the link keeps the order.
                let second = queryRunner.run(try operation("{ n }"), from: .unknown) { _ in }
                while await upstream.operations == 1 { await Task.yield() }
                #expect(await upstream.completed == 0)
                while queryRunner.running < 2 { await Task.yield() }
                second.cancel()
                while await upstream.completed == 0 || queryRunner.running > 1 { await Task.yield() }
                #expect(queryRunner.running == 1)
            }
        }
    }

    @Test func `who waits and is not wanted any more never runs`() async throws {
        let limits = QueryRunner.Limits(running: 1, waiting: 5)
        try await run(.silence, limits: limits) { queryRunner, upstream in
            let first = queryRunner.run(try operation("{ n }"), from: .unknown) { _ in }
            let second = queryRunner.run(try operation("mutation { n }"), from: .unknown) { _ in }
            second.cancel()
            #expect(queryRunner.waiting == 0)
            first.cancel()
            while queryRunner.running > 0 { await Task.yield() }
            #expect(await upstream.operations <= 1)
        }
    }

    @Test(arguments: [
        (1 << 20, 1000, "{ n }", "ANSWER_TOO_LARGE", "the query's answer"),
        (1 << 20, 1000, "mutation { n }", "ANSWER_TOO_LARGE", "the mutation was executed, but its answer"),
        (1 << 20, 1 << 20, "{ n }", "ANSWERS_OVER_BUDGET", "the query's answer can't be held"),
    ])
    func `an answer over the budget is an error with a code in its place`(
        bytes: Int,
        perClient: Int,
        query: String,
        expected: String,
        message: String
    ) async throws {
        var limits = AnswerLimits()
        (limits.bytes, limits.bytesPerClient) = (bytes, perClient)
        let result = #"{"data":{"n":"\#(String(repeating: "x", count: 950_000))"}}"#
        try await run(.result(result), answers: limits) { queryRunner, _ in
            let response = try await answer(queryRunner, query)
            #expect(code(response) == expected)
            #expect(String(decoding: response.body, as: UTF8.self).contains(message))
            while queryRunner.budget.held > 0 { await Task.yield() }
        }
    }

    @Test func `an operation with several results gives them all, each as it was sent`() async throws {
        let results = [
            #"{"hasNext":true,"data":{"a":1}}"#, #"{"path":["b"],"data":{"c":2},"hasNext":true}"#,
            #"{"path":["d"],"data":{"e":3},"hasNext":false}"#,
        ]
        try await run(.results(results)) { queryRunner, _ in
            let (answers, continuation) = AsyncStream.makeStream(of: Answer.Content.self)
            var operation = try operation("{ a ... @defer { b } }")
            operation.takesParts = true
            queryRunner.run(operation, from: .unknown) { continuation.yield($0.content) }
            var got: [String] = []
            for await content in answers {
                guard case .part(let bytes) = content else { break }
                got.append(String(decoding: bytes, as: UTF8.self))
            }
            #expect(got == results)
        }
    }

    @Test func `without the upstream it is 503 with Retry-After`() async throws {
        let loop = try EventLoop(name: "session")
        let session = PermanentSession(to: try Endpoint(parsing: "ws://127.0.0.1:9/"), SessionConfiguration(), on: loop)
        let queryRunner = QueryRunner(on: session, loop: loop, statistics: Statistics(topics: [], shards: 0))
        let response = try await answer(queryRunner, "{ n }", .response)
        #expect(response.status == 503)
        #expect(response.contentType == "application/graphql-response+json")
        #expect(response.headers == [HTTPField(name: "Retry-After", value: "5")])
        #expect(code(response) == "UPSTREAM_UNAVAILABLE")
        await loop.stop()
    }
}
