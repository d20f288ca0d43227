import DemoUpstream
import GraphQLSession
import Synchronization
import Testing

@testable import Snippets

/// The code of the page, run against the demo's server.
@Suite(.timeLimit(.minutes(1)))
struct ComingFromGQLTests {
    private static let countdown = (0...3).reversed().map { #"{"data":{"countdown":\#($0)}}"# }

    @Test func `connect, execute, subscribe and close`() async throws {
        try await Demo.run { _, url in
            let session = try await ComingFromGQL.connect(to: url)
            var lines: [String] = []
            try await ComingFromGQL.execute(session) { lines.append($0) }
            try await ComingFromGQL.subscribe(session) { lines.append($0) }
            let countdown = try GraphQLRequest(query: "subscription { countdown(from: 3) }")
            try await ComingFromGQL.subscribeInBatches(session, countdown) { lines.append($0) }
            #expect(lines == [#"{"data":{"continent":{"name":"Europe"}}}"#] + Self.countdown + Self.countdown)
            let query = try GraphQLRequest(query: #"{ continent(code: "EU") { name } }"#)
            #expect(try await ComingFromGQL.bound(session, query).text == lines[0])
            await #expect(throws: SessionError.headersNeedHTTP) { try await ComingFromGQL.sendHeaders(session, query) }
            #expect(try await ComingFromGQL.decode(session, code: "SA") == "South America")
            #expect(try await ComingFromGQL.decode(session, code: #"""#) == nil)
            await ComingFromGQL.close(session)
            #expect(await session.isConnected == false)
        }
    }

    @Test func `a session for as long as a closure runs, and one that is watched from the first`() async throws {
        try await Demo.run { _, url in
            let client = GraphQLClient(endpoint: try Endpoint(parsing: url))
            let query = try GraphQLRequest(query: #"{ continent(code: "EU") { name } }"#)
            #expect(try await ComingFromGQL.use(client, query) == #"{"data":{"continent":{"name":"Europe"}}}"#)
            let lines = Mutex<[String]>([])
            try await ComingFromGQL.watchTheFirst(client) { line in lines.withLock { $0.append(line) } }
            #expect(lines.withLock { $0 } == ["connecting(attempt: 1)", "connected(generation: 1)", "closed"])
        }
    }

    @Test func `values of one's own types, as variables and out of results`() async throws {
        try await Demo.runSession { _, session in
            var lines: [String] = []
            try await CodablePage.overview(session) { lines.append($0) }
            #expect(lines == ["Europe", "3", "2", "1", "0"])
            let query = "query ($code: ID!) { continent(code: $code) { name } }"
            #expect(try await CodablePage.result(session, CodablePage.variables(query)) == "Europe")
            let countdown = try GraphQLRequest(query: "subscription { countdown(from: 1) }")
            var numbers: [Int] = []
            try await CodablePage.payload(session.subscribe(countdown)) { numbers.append($0) }
            #expect(numbers == [1, 0])
        }
    }

    @Test func `the blocks of gql's page`() async throws {
        try await Demo.run { _, url in
            let client = GraphQLClient(endpoint: try Endpoint(parsing: url))
            let query = try GraphQLRequest(query: #"{ continent(code: "EU") { name } }"#)
            #expect(try await GQLPage.keep(client, query).text == #"{"data":{"continent":{"name":"Europe"}}}"#)
            await (try await GQLPage.retryConnect(client)).close()
            let session = try await GQLPage.retryExecute(client)
            var lines: [String] = []
            let countdown = try GraphQLRequest(query: "subscription { countdown(from: 3) }")
            try await GQLPage.retrySubscription(session, countdown) { lines.append($0) }
            #expect(lines == Self.countdown)
            // What the server refuses isn't asked for again, in a call and in a stream.
            let bad = try GraphQLRequest(query: "subscription { nope }")
            await #expect(throws: QueryError.self) {
                try await GQLPage.retrySubscription(session, bad) { Issue.record("\($0)") }
            }
            await #expect(throws: QueryError.self) { try await session.execute(GraphQLRequest(query: "{ nope }")) }
            await session.close()
        }
    }

    @Test func `connect with policies, and with settings that are asked for`() async throws {
        try await Demo.run { _, url in
            let endpoint = try Endpoint(parsing: url)
            let patient = try await ComingFromGQL.connect(GraphQLClient(endpoint: endpoint))
            await patient.close()
            let count = Mutex(0)
            let client = ComingFromGQL.configure(endpoint) {
                count.withLock { $0 += 1 }
                return "fresh"
            }
            let session = try await client.connect()
            #expect(count.withLock { $0 } == 2)
            await session.close()
        }
    }

    @Test func `errors are told apart`() async throws {
        try await Demo.run { upstream, url in
            let client = GraphQLClient(endpoint: try Endpoint(parsing: url))
            let session = try await client.connect(reconnecting: false)
            let bad = try GraphQLRequest(query: "{ nope }")
            var lines: [String] = []
            await ComingFromGQL.tellErrorsApart(session, bad) { lines.append($0) }
            await #expect(throws: QueryError.self) {
                try await ComingFromGQL.mutate(session, try GraphQLRequest(query: "mutation { rename }"))
            }
            await upstream.dropLinks(code: nil)
            for await event in session.events { if case .ended = event { break } }
            await ComingFromGQL.tellErrorsApart(session, bad) { lines.append($0) }
            await session.close()
            #expect(lines.count == 2)
            #expect(lines.first?.contains(" at []: ") == true, "\(lines)")
            #expect(lines.last?.hasPrefix("the session gave up: ") == true)
        }
    }

    @Test func `a loop within retry`() async throws {
        try await Demo.runSession { _, session in
            var lines: [String] = []
            let request = try GraphQLRequest(query: "subscription { countdown(from: 3) }")
            try await ComingFromGQL.retryLoop(session, request) { lines.append($0) }
            #expect(lines == Self.countdown)
        }
    }

    @Test func `a stream within restarting survives a lost link and ends with its session`() async throws {
        try await Demo.runSession { upstream, session in
            let (lines, sink) = AsyncStream.makeStream(of: String.self)
            let request = try GraphQLRequest(query: "subscription { manual { n } }")
            let reader = Task {
                await ComingFromGQL.keepAlive(session, request) { sink.yield($0) }
                sink.finish()
            }
            var iterator = lines.makeAsyncIterator()
            _ = await upstream.statistics { $0.operations.total == 1 }
            await upstream.emit(1)
            #expect(await iterator.next() == #"{"data":{"manual":{"n":1}}}"#)
            await upstream.dropLinks(code: nil)
            #expect(await iterator.next()?.hasPrefix("interrupted: the link was lost") == true)
            #expect(await iterator.next() == "resumed, events may be missing")
            _ = await upstream.statistics { $0.operations.total == 2 }
            await upstream.emit(1)
            #expect(await iterator.next() == #"{"data":{"manual":{"n":2}}}"#)
            await session.close()
            #expect(await iterator.next() == "over")
            #expect(await iterator.next() == nil)
            await reader.value
        }
    }

    @Test func `the session tells what becomes of it`() async throws {
        try await Demo.runSession { _, session in
            await session.close()
            var lines: [String] = []
            await ComingFromGQL.watch(session) { lines.append($0) }
            #expect(lines.first == "connecting, attempt 1")
            #expect(lines.suffix(2) == ["connected, link 1", "closed"])
        }
    }

    @Test func `without a WebSocket nothing connects, and nothing can be subscribed to`() async throws {
        let session = try await ComingFromGQL.overHTTP()
        await #expect(throws: SessionError.noWebSocket) {
            try await session.subscribe(try GraphQLRequest(query: "subscription { tick { n } }"))
        }
        await session.close()
    }
}
