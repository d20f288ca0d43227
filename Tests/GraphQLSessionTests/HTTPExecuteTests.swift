import Backoffs
import Testing
import WebSockets

@testable import GraphQLSession

/// Queries and mutations over HTTP, to a server that the test plays itself.
@Suite(.timeLimit(.minutes(1)))
struct HTTPExecuteTests {
    private static let graphQL = "application/graphql-response+json; charset=utf-8"
    private static let json = "application/json"
    private let query = "{ n }"
    private let mutation = "mutation { add(n: 1) }"

    @Test(arguments: [graphQL, json])
    func `a query is posted as GraphQL over HTTP says, and has its result`(type: String) async throws {
        let number = Counter()
        try await Stage.runHTTP {
            $0.headers = { [(name: "Authorization", value: "Bearer \(number.next())")] }
        } _: { stage, server in
            let call = stage.execute(query)
            let link = try await server.accept()
            let (head, body) = try await link.receiveRequest()
            let lines = head.split(separator: "\r\n")
            #expect(lines.first == "POST /graphql HTTP/1.1")
            #expect(lines.contains("Content-Type: application/json"))
            #expect(lines.contains("Accept: application/graphql-response+json, application/json;q=0.9"))
            #expect(lines.contains("Authorization: Bearer 1"))
            #expect(body == #"{"query":"{ n }"}"#)
            try await link.answer(200, type, Wire.payload(1))
            #expect(try await call.value.text == Wire.payload(1))
            // Headers are asked for anew; the connection is kept.
            let second = stage.execute(query)
            #expect(try await link.receiveRequest().head.contains("Authorization: Bearer 2\r\n"))
            try await link.answer(200, type, Wire.payload(2))
            #expect(try await second.value.text == Wire.payload(2))
        }
    }

    @Test(arguments: [(200, json), (200, graphQL), (400, graphQL), (500, graphQL)])
    func `errors in a response are thrown, whatever the status, and never tried again`(
        status: Int,
        type: String
    ) async throws {
        let tries = Counter()
        try await Stage.runHTTP {
            $0.retryExecute.onRetry = { _ in tries.next() }
        } _: { stage, server in
            let call = stage.execute(mutation)
            let link = try await server.accept()
            _ = try await link.receiveRequest()
            let errors = #"[{"message":"no"}]"#
            let response = #"{"extensions":{"a":1}, "errors":\#(errors),"data":null}"#
            try await link.answer(status, type, response)
            let error = try #require(await #expect(throws: QueryError.self) { try await call.value })
            #expect(error.bytes == Array(response.utf8))
            #expect(error.rawErrors == Array(errors.utf8))
            #expect(error.data == Array("null".utf8))
            #expect(error.extensions.map { Array($0) } == Array(#"{"a":1}"#.utf8))
            #expect(tries.count == 0)
        }
    }

    @Test(arguments: ["text/plain; charset=utf-8", "application/problem+json"])
    func `a response under another media type is read`(type: String) async throws {
        try await Stage.runHTTP { stage, server in
            let call = stage.execute(query)
            let link = try await server.accept()
            _ = try await link.receiveRequest()
            try await link.answer(200, type, Wire.payload(1))
            #expect(try await call.value.text == Wire.payload(1))
            let refused = stage.execute(query)
            _ = try await link.receiveRequest()
            try await link.answer(422, type, #"{"errors":[{"message":"no"}]}"#)
            let error = await #expect(throws: HTTPFailure.self) { try await refused.value }
            #expect(error?.errors.map(\.message) == ["no"])
            #expect(error?.status == 422)
        }
    }

    @Test func `a call's own headers stand in for those of the configuration`() async throws {
        try await Stage.runHTTP {
            $0.headers = { [(name: "Authorization", value: "Bearer 1"), (name: "X-Tenant", value: "a")] }
        } _: { stage, server in
            let call = Task {
                try await stage.session.execute(
                    GraphQLRequest(query: query),
                    headers: [(name: "authorization", value: "Bearer 2"), (name: "X-Trace", value: "b")]
                )
            }
            let link = try await server.accept()
            let head = try await link.receiveRequest().head
            #expect(head.contains("authorization: Bearer 2\r\n"))
            #expect(head.contains("X-Trace: b\r\n") && head.contains("X-Tenant: a\r\n"))
            #expect(!head.contains("Bearer 1"))
            try await link.answer(200, Self.json, Wire.payload(1))
            #expect(try await call.value.text == Wire.payload(1))
        }
    }

    @Test func `a call's own time ends it, however long the configuration would wait`() async throws {
        try await Stage.runHTTP {
            $0.executeTimeout = nil
        } _: { stage, server in
            for (request, expected) in [(query, SessionError.timedOut), (mutation, nil)] {
                let call = Task {
                    try await stage.session.execute(GraphQLRequest(query: request), timeout: .seconds(1))
                }
                let link = try await server.accept()
                _ = try await link.receiveRequest()
                let error = await #expect(throws: SessionError.self) { try await call.value }
                if let expected {
                    #expect(error == expected)
                } else if case .outcomeUnknown = error {
                } else {
                    Issue.record("\(String(describing: error))")
                }
                #expect(await link.hasEnded)
            }
        }
    }

    @Test(arguments: [301, 400, 401, 404, 405])
    func `a status that another try can't change ends the call at once`(status: Int) async throws {
        let tries = Counter()
        try await Stage.runHTTP {
            $0.retryExecute.onRetry = { _ in tries.next() }
        } _: { stage, server in
            let call = stage.execute(mutation)
            let link = try await server.accept()
            _ = try await link.receiveRequest()
            try await link.answer(status, Self.json, #"{"errors":[{"message":"who are you?"}]}"#)
            let failure = try #require(await #expect(throws: HTTPFailure.self) { try await call.value })
            #expect(failure.status == status)
            #expect(!failure.isTransient)
            #expect(failure.description.contains("who are you?"))
            #expect(tries.count == 0)
        }
    }

    @Test func `Retry-After feeds the back-off, also for a mutation that was refused`() async throws {
        let hints = Counter()
        try await Stage.runHTTP {
            $0.retryExecute = .constant(.seconds(3600)).limited(tries: 2).hinted { error in
                guard (error as? HTTPFailure)?.retryAfter == .seconds(7) else { return nil }
                hints.next()
                return .milliseconds(1)
            }
            $0.retryExecute.hint?.jitter = .none
        } _: { stage, server in
            let call = stage.execute(mutation)
            var link = try await server.accept()
            _ = try await link.receiveRequest()
            try await link.answer(503, "text/plain", "away", headers: "Retry-After: 7\r\n")
            link = try await server.accept()
            _ = try await link.receiveRequest()
            try await link.answer(200, Self.json, Wire.payload(1))
            #expect(try await call.value.text == Wire.payload(1))
            #expect(hints.count > 0)
        }
    }

    @Test(arguments: [408, 425, 429])
    func `a mutation is sent again after a status that says it wasn't executed`(status: Int) async throws {
        try await Stage.runHTTP { stage, server in
            let call = stage.execute(mutation)
            let first = try await server.accept()
            _ = try await first.receiveRequest()
            try await first.answer(status, "text/plain", "")
            let second = try await server.accept()
            _ = try await second.receiveRequest()
            try await second.answer(200, Self.json, Wire.payload(1))
            #expect(try await call.value.text == Wire.payload(1))
        }
    }

    @Test(arguments: [500, 502, 503, 504])
    func `a mutation whose server failed has an unknown outcome, and a query is sent again`(
        status: Int
    ) async throws {
        try await Stage.runHTTP { stage, server in
            let call = stage.execute(mutation)
            let first = try await server.accept()
            _ = try await first.receiveRequest()
            try await first.answer(status, "text/plain", "")
            await #expect(
                throws: SessionError.outcomeUnknown(reason: "the server answers with status \(status)")
            ) { try await call.value }
            let again = stage.execute(query)
            for _ in 0..<2 {
                _ = try await first.receiveRequest()
                try await first.answer(status, "text/plain", "")
            }
            _ = try await first.receiveRequest()
            try await first.answer(200, Self.json, Wire.payload(1))
            #expect(try await again.value.text == Wire.payload(1))
        }
    }

    @Test func `a mutation whose connection is cut has an unknown outcome, also on a server that kept one`()
        async throws
    {
        try await Stage.runHTTP { stage, server in
            let warm = stage.execute(query)
            let kept = try await server.accept()
            _ = try await kept.receiveRequest()
            try await kept.answer(200, Self.json, Wire.payload(1))
            _ = try await warm.value
            let call = stage.execute(mutation)
            let link = try await server.accept()
            _ = try await link.receiveRequest()
            await link.reset()
            let error = await #expect(throws: SessionError.self) { try await call.value }
            guard case .outcomeUnknown = error else {
                Issue.record("\(String(describing: error))")
                return
            }
            #expect(await !server.isCalled)
        }
    }

    @Test func `a mutation that is marked idempotent is sent again after a cut`() async throws {
        try await Stage.runHTTP { stage, server in
            let call = stage.execute(mutation, isIdempotent: true)
            let first = try await server.accept()
            _ = try await first.receiveRequest()
            await first.reset()
            let second = try await server.accept()
            _ = try await second.receiveRequest()
            try await second.answer(200, Self.json, Wire.payload(1))
            #expect(try await call.value.text == Wire.payload(1))
        }
    }

    @Test func `a mutation to a server that isn't there was not sent, and is tried as often as allowed`() async throws {
        let tries = Counter()
        try await Stage.runHTTP {
            $0.httpEndpoint = { "http://127.0.0.1:1/" }
            $0.retryExecute.onRetry = { _ in tries.next() }
        } _: { stage, _ in
            let failure = try #require(
                await #expect(throws: HTTPFailure.self) { try await stage.execute(mutation).value }
            )
            #expect(failure.status == nil)
            #expect(failure.isTransient)
            #expect(tries.count == 2)
        }
    }

    @Test(arguments: ["htp://127.0.0.1/", "127.0.0.1:99999", "http://a b/"])
    func `a URL that nobody can call ends the call at once`(url: String) async throws {
        let tries = Counter()
        try await Stage.runHTTP {
            $0.httpEndpoint = { url }
            $0.retryExecute.onRetry = { _ in tries.next() }
        } _: { stage, _ in
            await #expect(throws: HTTPFailure.self) { try await stage.execute(query).value }
            #expect(tries.count == 0)
        }
    }

    @Test func `the URL is asked for at each try, and one that can't be had is a failed try`() async throws {
        let asked = Counter()
        try await Stage.runHTTP {
            let endpoint = $0.httpEndpoint
            $0.httpEndpoint = {
                if asked.next() == 1 { throw Unexpected(what: "no registry") }
                return try await endpoint?() ?? ""
            }
        } _: { stage, server in
            let call = stage.execute(query)
            let link = try await server.accept()
            _ = try await link.receiveRequest()
            try await link.answer(503, "text/plain", "")
            _ = try await link.receiveRequest()
            try await link.answer(200, Self.json, Wire.payload(1))
            #expect(try await call.value.text == Wire.payload(1))
            #expect(asked.count == 3)
        }
    }

    @Test func `an answer that doesn't come in time ends the try`() async throws {
        try await Stage.runHTTP {
            $0.executeTimeout = .milliseconds(100)
            $0.retryExecute = .off
        } _: { stage, server in
            let call = stage.execute(query)
            let first = try await server.accept()
            await #expect(throws: SessionError.timedOut) { try await call.value }
            let second = stage.execute(mutation)
            let link = try await server.accept()
            let error = await #expect(throws: SessionError.self) { try await second.value }
            guard case .outcomeUnknown = error else {
                Issue.record("\(String(describing: error))")
                return
            }
            withExtendedLifetime((first, link)) {}
        }
    }

    @Test(arguments: [("text/html", "<p>hello</p>"), (json, "{"), (json, #"{"extensions":{}}"#), (json, "[]")])
    func `a success that is no GraphQL response is an error at once`(type: String, body: String) async throws {
        try await Stage.runHTTP { stage, server in
            let call = stage.execute(query)
            let link = try await server.accept()
            _ = try await link.receiveRequest()
            try await link.answer(200, type, body)
            let failure = try #require(await #expect(throws: HTTPFailure.self) { try await call.value })
            #expect(failure.status == 200)
            #expect(!failure.isTransient)
        }
    }

    @Test func `closing ends a request under way, and those after it`() async throws {
        try await Stage.runHTTP { stage, server in
            let reading = stage.execute(query)
            let first = try await server.accept()
            _ = try await first.receiveRequest()
            let writing = stage.execute(mutation)
            let second = try await server.accept()
            _ = try await second.receiveRequest()
            await stage.session.close()
            await #expect(throws: SessionError.closed) { try await reading.value }
            let error = await #expect(throws: SessionError.self) { try await writing.value }
            guard case .outcomeUnknown = error else {
                Issue.record("\(String(describing: error))")
                return
            }
            await #expect(throws: SessionError.closed) { try await stage.execute(query).value }
            #expect(await first.hasEnded)
        }
    }

    @Test func `a cancelled call ends its request`() async throws {
        try await Stage.runHTTP { stage, server in
            let call = stage.execute(query)
            let link = try await server.accept()
            _ = try await link.receiveRequest()
            call.cancel()
            await #expect(throws: CancellationError.self) { try await call.value }
            #expect(await link.hasEnded)
        }
    }

    @Test func `a session with HTTP only can't subscribe, and has no link`() async throws {
        try await Stage.runHTTP { stage, _ in
            await stage.session.start()
            #expect(await !stage.session.isConnected)
            await #expect(throws: SessionError.noWebSocket) {
                try await stage.session.subscribe(GraphQLRequest(query: "subscription { n }"))
            }
            await #expect(throws: SessionError.noWebSocket) { try await stage.session.connected() }
        }
    }

    @Test func `connecting a client with HTTP only waits for nothing, and one with nothing fails`() async throws {
        var configuration = SessionConfiguration()
        // Other tests take the machine for seconds at a time.
        configuration.connectTimeout = .seconds(60)
        configuration.acknowledgementTimeout = .seconds(60)
        configuration.executeTimeout = .seconds(60)
        await #expect(throws: SessionError.noWebSocket) {
            try await GraphQLClient(endpoint: nil, configuration: configuration).connect()
        }
        configuration.httpEndpoint = { "http://127.0.0.1:1/" }
        let session = try await GraphQLClient(endpoint: nil, configuration: configuration).connect()
        await session.close()
        await #expect(throws: SessionError.closed) { try await session.execute(GraphQLRequest(query: "{ n }")) }
    }

    @Test func `a split session subscribes over its link and executes over HTTP, also without a link`() async throws {
        let loop = try EventLoop(name: "bare", servesSockets: false)
        do {
            let server = try BareServer(on: loop)
            try await Stage.run {
                $0.httpEndpoint = { server.httpEndpoint }
            } _: { stage, sockets in
                let call = stage.execute("{ n }")
                let http = try await server.accept()
                _ = try await http.receiveRequest()
                try await http.answer(200, Self.json, Wire.payload(1))
                #expect(try await call.value.text == Wire.payload(1))
                await stage.session.start()
                let link = try await sockets.nextAcknowledgedLink()
                let (subscription, id) = try await stage.subscribe(at: link)
                link.send([Wire.next(id, 2), Wire.complete(id)])
                #expect(try await subscription.texts() == [Wire.payload(2)])
            }
        } catch {
            await loop.stop()
            throw error
        }
        await loop.stop()
    }
}
