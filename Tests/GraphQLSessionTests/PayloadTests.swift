import Backoffs
import GraphQLTransport
import Testing

@testable import GraphQLSession

/// The results of a subscription one by one.
@Suite(.timeLimit(.minutes(1)))
struct PayloadTests {
    @Test func `results come one by one, with what was dropped before the first`() async throws {
        let mailbox = PayloadMailbox(limit: 30)
        for number in 0..<5 {
            let bytes = Array("payload \(number)!".utf8)
            mailbox.append(0..<bytes.count, of: bytes.span)
        }
        try await Stage.run { stage, _ in
            let lease = Subscription.Lease(id: 0, session: stage.session)
            var payloads = Subscription(mailbox: mailbox, lease: lease, point: nil, hasTokens: false).payloads
                .makeAsyncIterator()
            for number in 2..<5 {
                let payload = try await payloads.next()
                #expect(payload?.text == "payload \(number)!")
                #expect(payload?.dropped == (number == 2 ? 2 : 0))
            }
            mailbox.finish(nil)
            #expect(try await payloads.next() == nil)
            #expect(try await payloads.next() == nil)
        }
    }

    @Test func `a result tells its errors, and the next one follows`() async throws {
        try await Stage.run { stage, server in
            await stage.session.start()
            let link = try await server.nextAcknowledgedLink()
            let (subscription, id) = try await stage.subscribe(at: link)
            let bad = #"{"data":{"n":null},"errors":[{"message":"no","path":["n"]}],"extensions":{"a":1}}"#
            link.send([
                Wire.next(id, 1), #"{"id":"\#(id)","type":"next","payload":\#(bad)}"#, Wire.next(id, 2),
                Wire.complete(id),
            ])
            var seen: [Payload] = []
            for try await payload in subscription.payloads { seen.append(payload) }
            #expect(seen.map(\.text) == [Wire.payload(1), bad, Wire.payload(2)])
            #expect(seen.map(\.hasErrors) == [false, true, false])
            #expect(seen[0].error == nil && seen[0].extensions == nil)
            #expect(seen[2].data.map { Array($0) } == Array(#"{"n":2}"#.utf8))
            #expect(seen[1].error?.errors.map(\.path) == [[.field("n")]])
            #expect(seen[1].extensions.map { Array($0) } == Array(#"{"a":1}"#.utf8))
        }
    }

    @Test func `cancelling a reader of single results throws that, and completes the operation`() async throws {
        try await Stage.run { stage, server in
            await stage.session.start()
            let link = try await server.nextAcknowledgedLink()
            let (subscription, id) = try await stage.subscribe(at: link)
            let reader = Task { for try await _ in subscription.payloads {} }
            reader.cancel()
            await #expect(throws: CancellationError.self) { try await reader.value }
            #expect(await link.next() == .text(Wire.complete(id)))
            withExtendedLifetime(subscription) {}
        }
    }

    @Test func `one rule on a query error serves a call and a stream`() async throws {
        try await Stage.run { stage, server in
            let session = stage.session
            await session.start()
            let link = try await server.nextAcknowledgedLink()
            let careful = Backoff.constant(.milliseconds(1)).givingUp { error in
                (error as? QueryError)?.errors.contains { $0.code == "FORBIDDEN" } ?? false
            }
            let serving = Task {
                for code in ["BUSY", "FORBIDDEN", "BUSY", "FORBIDDEN"] {
                    let id = try await link.nextOperation()
                    link.send(Wire.error(id, #"[{"message":"no","extensions":{"code":"\#(code)"}}]"#))
                }
            }
            let error = await #expect(throws: QueryError.self) {
                try await retry(careful) { try await session.execute(GraphQLRequest(query: "{ n }")) }
            }
            #expect(error?.errors.first?.code == "FORBIDDEN")
            var interruptions: [String?] = []
            var end: StreamEnd?
            let events = restarting(with: careful) {
                try await session.subscribe(GraphQLRequest(query: "subscription { n }")).payloads
            }
            for await event in events {
                switch event {
                case .interrupted(let reason): interruptions.append((reason.error as? QueryError)?.errors.first?.code)
                case .ended(let reason): end = reason
                case .resumed: break
                case .next(let payload): Issue.record("\(payload.text)")
                }
            }
            try await serving.value
            #expect(interruptions == ["BUSY"])
            guard case .gaveUp(.fatal, let last) = end else {
                Issue.record("\(String(describing: end))")
                return
            }
            #expect((last.error as? QueryError)?.errors.first?.code == "FORBIDDEN")
        }
    }
}
