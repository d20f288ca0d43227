import Backoffs
import GraphQLTransport
import Testing
import WebSockets

@testable import GraphQLSession

/// Queries and mutations over the link.
@Suite(.timeLimit(.minutes(1)))
struct ExecuteTests {
    private let query = "{ n }"
    private let mutation = "mutation { add(n: 1) }"

    @Test func `a query has its result, and the link stays`() async throws {
        try await Stage.run { stage, server in
            await stage.session.start()
            let link = try await server.nextAcknowledgedLink()
            let call = stage.execute(query)
            let id = try await link.nextOperation()
            let text = #"{ "data": {"n":"ü"}, "extensions":{"a":1} }"#
            link.send([#"{"id":"\#(id)","type":"next","payload":\#(text)}"#, Wire.complete(id)])
            let result = try await call.value
            #expect(result.text == text)
            #expect(result.extensions.map { String(decoding: $0, as: UTF8.self) } == #"{"a":1}"#)
            #expect(result.bytes == Array(text.utf8))
            #expect(result.data.map { String(decoding: $0, as: UTF8.self) } == #"{"n":"ü"}"#)
            #expect(await stage.session.isConnected)
        }
    }

    /// What the client has said up to its next operation.
    private func nothingIsSaid(_ stage: Stage, on link: ServerLink) async throws {
        let last = stage.execute(query)
        link.send(Wire.next(try await link.nextSubscribe(), 0))
        _ = try await last.value
    }

    @Test(
        arguments: ["{ n }", "mutation { add(n: 1) }", "{ not a document"],
        [
            #"{"data":{"n":1}}"#, #"{"data":null,"errors":[{"message":"no n"}]}"#,
        ]
    )
    func `no complete is sent for what the server completes itself, a read after the result`(
        document: String,
        payload: String
    ) async throws {
        try await Stage.run {
            $0.completionTimeout = .seconds(60)
        } _: { stage, server in
            await stage.session.start()
            let link = try await server.nextAcknowledgedLink()
            let call = stage.execute(document)
            let id = try await link.nextSubscribe()
            link.send(#"{"id":"\#(id)","type":"next","payload":\#(payload)}"#)
            // It has its result before the server says that this was all.
            _ = try? await call.value
            link.send(Wire.complete(id))
            try await link.settle()
            try await nothingIsSaid(stage, on: link)
        }
    }

    @Test func `no complete is sent for a subscription that the server completed, a read after its last result`()
        async throws
    {
        try await Stage.run { stage, server in
            await stage.session.start()
            let link = try await server.nextAcknowledgedLink()
            do {
                let (subscription, id) = try await stage.subscribe(at: link)
                link.send(Wire.next(id, 1))
                var iterator = subscription.makeAsyncIterator()
                #expect(try await iterator.next()?.texts == [Wire.payload(1)])
                link.send(Wire.complete(id))
                #expect(try await iterator.next() == nil)
            }
            try await link.settle()
            try await nothingIsSaid(stage, on: link)
        }
    }

    @Test func `a query that the server doesn't complete is completed after a while`() async throws {
        try await Stage.run {
            $0.completionTimeout = .milliseconds(20)
        } _: { stage, server in
            await stage.session.start()
            let link = try await server.nextAcknowledgedLink()
            for _ in 0..<2 {
                let call = stage.execute(query)
                let id = try await link.nextSubscribe()
                link.send(Wire.next(id, 1))
                #expect(try await call.value.text == Wire.payload(1))
                #expect(await link.next() == .text(Wire.complete(id)))
            }
        }
    }

    @Test(arguments: ["subscription { n }", "query Q @live { n }"])
    func `what has more results than one is completed at once`(document: String) async throws {
        try await Stage.run {
            $0.completionTimeout = .seconds(60)
        } _: { stage, server in
            await stage.session.start()
            let link = try await server.nextAcknowledgedLink()
            let call = stage.execute(document)
            let id = try await link.nextSubscribe()
            link.send(Wire.next(id, 1))
            #expect(try await call.value.text == Wire.payload(1))
            link.send(Wire.next(id, 2))
            #expect(await link.next() == .text(Wire.complete(id)))
            link.send(Wire.next(id, 3))
            try await link.settle()
        }
    }

    @Test func `one session serves many tasks at once, each with its own answer`() async throws {
        try await Stage.run { stage, server in
            await stage.session.start()
            let link = try await server.nextAcknowledgedLink()
            let serving = Task {
                for _ in 0..<100 {
                    let (id, text) = try await link.nextOperationAndText()
                    let number = Int(text.split(separator: "#")[1].prefix { $0.isNumber }) ?? -1
                    link.send([Wire.next(id, number), Wire.complete(id)])
                }
            }
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<100 {
                    group.addTask {
                        let result = try await stage.session.execute(GraphQLRequest(query: "{ n } #\(number)"))
                        #expect(result.text == Wire.payload(number))
                    }
                }
                try await group.waitForAll()
            }
            try await serving.value
        }
    }

    @Test func `errors in a result are thrown with the partial data, and never tried again`() async throws {
        try await Stage.run { stage, server in
            await stage.session.start()
            let link = try await server.nextAcknowledgedLink()
            let call = stage.execute(query)
            let id = try await link.nextOperation()
            let errors = #"[{"message":"no n"}]"#
            let response = #"{"extensions":{"cost":5},"errors":\#(errors) ,"data":{"n":null},"own":1}"#
            link.send(#"{"id":"\#(id)","type":"next","payload":\#(response)}"#)
            let error = try #require(await #expect(throws: QueryError.self) { try await call.value })
            #expect(error.bytes == Array(response.utf8))
            #expect(error.rawErrors == Array(errors.utf8))
            #expect(error.data == Array(#"{"n":null}"#.utf8))
            #expect(error.extensions.map { Array($0) } == Array(#"{"cost":5}"#.utf8))
            try await expectNoOperation(on: link)
        }
    }

    @Test func `errors instead of a result are thrown, and never tried again`() async throws {
        try await Stage.run { stage, server in
            await stage.session.start()
            let link = try await server.nextAcknowledgedLink()
            let call = stage.execute(query)
            let errors = #"[{"message":"no such field"}]"#
            link.send(Wire.error(try await link.nextOperation(), errors))
            let error = try #require(await #expect(throws: QueryError.self) { try await call.value })
            #expect(error.rawErrors == Array(errors.utf8))
            #expect(error.bytes == Array(#"{"errors":\#(errors)}"#.utf8))
            #expect(error.data == nil)
            try await expectNoOperation(on: link)
        }
    }

    @Test func `a completion without a result is an error`() async throws {
        try await Stage.run { stage, server in
            await stage.session.start()
            let link = try await server.nextAcknowledgedLink()
            let call = stage.execute(query)
            link.send(Wire.complete(try await link.nextOperation()))
            await #expect(throws: SessionError.noResult) { try await call.value }
        }
    }

    @Test func `a query that lost its link is sent again on the next one`() async throws {
        try await Stage.run { stage, server in
            await stage.session.start()
            let first = try await server.nextAcknowledgedLink()
            let call = stage.execute(query)
            _ = try await first.nextOperation()
            first.cut()
            let second = try await server.nextAcknowledgedLink()
            let id = try await second.nextOperation()
            second.send(Wire.next(id, 7))
            #expect(try await call.value.text == Wire.payload(7))
        }
    }

    @Test(arguments: ["mutation { add(n: 1) }", "query A { n } mutation B { n }", "{ n"])
    func `a mutation whose bytes reached the socket has an unknown outcome, and isn't sent again`(
        document: String
    ) async throws {
        try await Stage.run { stage, server in
            await stage.session.start()
            let first = try await server.nextAcknowledgedLink()
            let call = stage.execute(document)
            _ = try await first.nextOperation()
            first.cut()
            let error = await #expect(throws: SessionError.self) { try await call.value }
            guard case .outcomeUnknown(let reason) = error else {
                Issue.record("\(String(describing: error))")
                return
            }
            #expect(reason.hasPrefix("the link was lost"))
            try await expectNoOperation(on: server.nextAcknowledgedLink())
        }
    }

    @Test func `a mutation that is marked idempotent is sent again`() async throws {
        try await Stage.run { stage, server in
            await stage.session.start()
            let first = try await server.nextAcknowledgedLink()
            let call = stage.execute(mutation, isIdempotent: true)
            _ = try await first.nextOperation()
            first.close(1012)
            let second = try await server.nextAcknowledgedLink()
            second.send(Wire.next(try await second.nextOperation(), 2))
            #expect(try await call.value.text == Wire.payload(2))
        }
    }

    @Test func `a mutation that was not sent yet waits through an outage, and is sent once`() async throws {
        try await Stage.run { stage, server in
            let call = stage.execute(mutation)
            await stage.session.start()
            for _ in 0..<3 {
                let link = try await server.nextLink()
                #expect(await link.next() == .text(#"{"type":"connection_init"}"#))
                link.cut()
            }
            let link = try await server.nextAcknowledgedLink()
            link.send(Wire.next(try await link.nextOperation(), 3))
            #expect(try await call.value.text == Wire.payload(3))
            try await expectNoOperation(on: link)
        }
    }

    @Test func `an answer that doesn't come in time ends a try, and the tries are counted`() async throws {
        try await Stage.run {
            $0.executeTimeout = .milliseconds(1)
            $0.retryExecute = .constant(.milliseconds(1)).limited(tries: 3)
        } _: { stage, server in
            await stage.session.start()
            let link = try await server.nextAcknowledgedLink()
            await #expect(throws: SessionError.timedOut) { try await stage.execute(query).value }
            for _ in 0..<3 { _ = try await link.nextOperation() }
            try await expectNoOperation(on: link)
            let error = await #expect(throws: SessionError.self) { try await stage.execute(mutation).value }
            #expect(error == .outcomeUnknown(reason: "no answer came in time"))
        }
    }

    @Test func `tries can be turned off`() async throws {
        try await Stage.run {
            $0.retryExecute = .off
        } _: { stage, server in
            await stage.session.start()
            let first = try await server.nextAcknowledgedLink()
            let call = stage.execute(query)
            _ = try await first.nextOperation()
            first.cut()
            let error = await #expect(throws: SessionError.self) { try await call.value }
            guard case .linkLost = error else {
                Issue.record("\(String(describing: error))")
                return
            }
            try await expectNoOperation(on: server.nextAcknowledgedLink())
        }
    }

    @Test func `five tries is the default, and a server's hint goes before the waits`() {
        let backoff = SessionConfiguration().retryExecute
        #expect(backoff.maxTries == 5)
        #expect(backoff.hint != nil)
        #expect(SessionConfiguration().retryConnect.maxTries == nil)
    }

    @Test func `closing ends a call that waits for its next try, and calls after it fail at once`() async throws {
        try await Stage.run {
            $0.retryExecute = .constant(.seconds(3600))
        } _: { stage, server in
            await stage.session.start()
            let link = try await server.nextAcknowledgedLink()
            let call = stage.execute(query)
            _ = try await link.nextOperation()
            link.cut()
            _ = try await server.nextAcknowledgedLink()
            try await stage.session.connected(after: 1)
            await stage.session.close()
            await #expect(throws: SessionError.closed) { try await call.value }
            await #expect(throws: SessionError.closed) { try await stage.execute(query).value }
        }
    }

    @Test func `closing leaves the outcome of a mutation under way unknown`() async throws {
        try await Stage.run { stage, server in
            await stage.session.start()
            let link = try await server.nextAcknowledgedLink()
            let call = stage.execute(mutation)
            _ = try await link.nextOperation()
            await stage.session.close()
            await #expect(throws: SessionError.outcomeUnknown(reason: "the session is closed")) {
                try await call.value
            }
        }
    }

    @Test func `a cancelled call ends at once, in its try and between tries`() async throws {
        try await Stage.run {
            $0.retryExecute = .constant(.seconds(3600))
        } _: { stage, server in
            await stage.session.start()
            let link = try await server.nextAcknowledgedLink()
            let underWay = stage.execute(query)
            let id = try await link.nextOperation()
            underWay.cancel()
            await #expect(throws: CancellationError.self) { try await underWay.value }
            #expect(await link.next() == .text(Wire.complete(id)))
            let pausing = stage.execute(query)
            _ = try await link.nextOperation()
            link.cut()
            _ = try await server.nextAcknowledgedLink()
            pausing.cancel()
            await #expect(throws: CancellationError.self) { try await pausing.value }
        }
    }

    @Test func `retry around a loop over a subscription keeps it alive`() async throws {
        try await Stage.run { stage, server in
            await stage.session.start()
            let reader = Task {
                var seen: [String] = []
                try await retry(.constant(.milliseconds(1)).limited(tries: 3)) {
                    let subscription = try await stage.session.subscribe(GraphQLRequest(query: "subscription { n }"))
                    for try await batch in subscription { seen += batch.texts }
                }
                return seen
            }
            for number in 0..<3 {
                let link = try await server.nextAcknowledgedLink()
                let id = try await link.nextSubscribe()
                link.send(Wire.next(id, number))
                if number == 2 { link.send(Wire.complete(id)) }
                try await link.settle()
                if number < 2 { link.cut() }
            }
            #expect(try await reader.value == (0..<3).map(Wire.payload))
        }
    }

    /// Everything that the client has sent so far was no operation.
    private func expectNoOperation(on link: ServerLink) async throws {
        link.send(#"{"type":"ping"}"#)
        while case .text(let text)? = await link.next() {
            #expect(Wire.id(ofSubscribe: text) == nil)
            if text == #"{"type":"pong"}"# { return }
        }
        throw Unexpected(what: "the link has ended")
    }
}
