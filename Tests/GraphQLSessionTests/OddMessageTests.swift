import GraphQLTransport
import Synchronization
import Testing

@testable import GraphQLSession

/// Whatever a server sends within an operation costs that operation at most.
@Suite(.timeLimit(.minutes(1)))
struct OddMessageTests {
    private enum Asker: CaseIterable {
        case subscription, query, mutation
    }

    private static let odd = [
        #""type":"next","payload":null"#, #""type":"next","payload":[1]"#, #""type":"next","payload":"x""#,
        #""type":"next","payload":7"#, #""type":"next""#, #""type":"next","payload":{"data":NaN}"#,
        #""type":"error""#, #""type":"error","payload":{"message":"m"}"#, #""type":"error","payload":"x""#,
        #""type":"error","payload":[]"#, #""type":"error","payload":NaN"#,
    ]

    @Test(arguments: odd)
    func `C7 an odd message ends its operation, whoever asked, and the bystander loses nothing`(odd: String)
        async throws
    {
        try await Stage.run { stage, server in
            await stage.session.start()
            let link = try await server.nextAcknowledgedLink()
            let (bystander, bystanderID) = try await stage.subscribe(at: link)
            for (number, asker) in Asker.allCases.enumerated() {
                let document = asker == .mutation ? "mutation { n }" : asker == .query ? "{ n }" : "subscription { n }"
                let request = try GraphQLRequest(query: document)
                let call = Task { [session = stage.session] in
                    if asker != .subscription { return _ = try await session.execute(request) }
                    for try await _ in try await session.subscribe(request) {}
                }
                let id = try await link.nextOperation()
                link.send(["{\"id\":\"\(id)\",\(odd)}", Wire.next(bystanderID, number)])
                do {
                    try await call.value
                    Issue.record("\(asker): no error")
                } catch {
                    switch error {
                    case is QueryError: break
                    case SessionError.invalidResult where asker != .mutation: break
                    case SessionError.outcomeUnknown where asker == .mutation: break
                    default: Issue.record("\(asker): \(error)")
                    }
                }
                guard odd.contains("next") else { continue }
                #expect(await link.next() == .text(Wire.complete(id)))
            }
            link.send(Wire.complete(bystanderID))
            #expect(try await bystander.texts() == (0..<3).map(Wire.payload))
            #expect(await stage.session.generation == 1)
        }
    }

    @Test func `C7 what belongs to nobody is counted, and a ping is answered all the same`() async throws {
        try await Stage.run { stage, server in
            await stage.session.start()
            let link = try await server.nextAcknowledgedLink()
            let (subscription, id) = try await stage.subscribe(at: link)
            link.send([
                #"{"type":"start_ack","id":"\#(id)"}"#, #"{"id":\#(id),"type":"next","payload":null}"#, "{}",
                #"{"type":"ping","payload":7}"#, Wire.next(id, 1), Wire.complete(id), Wire.next(id, 2),
            ])
            #expect(await link.next() == .text(#"{"type":"pong"}"#))
            #expect(try await subscription.texts() == [Wire.payload(1)])
            try await link.settle()
            // What comes late for an operation that has ended is no oddity.
            #expect(stage.session.ignoredMessages.load(ordering: .relaxed) == 4)
        }
    }

    @Test func `the error says what was sent, cut short and on one line`() async throws {
        try await Stage.run { stage, server in
            await stage.session.start()
            let link = try await server.nextAcknowledgedLink()
            let (subscription, id) = try await stage.subscribe(at: link)
            let long = String(repeating: "x", count: 1_000)
            link.send("{\"id\":\"\(id)\",\"type\":\"next\",\"payload\":[1,\n\"\(long)\"]}")
            let error = await #expect(throws: SessionError.self) { try await subscription.texts() }
            let text = error?.description ?? ""
            #expect(text.hasPrefix("what the server sent for it is no result: it should be an object and is [1, \"xxx"))
            #expect(text.utf8.count < 300)
        }
    }

    @Test(arguments: [true, false])
    func `a message over the limit ends its operation only, whole as it is skipped`(isSubscription: Bool) async throws {
        try await Stage.run {
            $0.maximumMessageSize = 1 << 20
        } _: { stage, server in
            await stage.session.start()
            let link = try await server.nextAcknowledgedLink()
            let (bystander, bystanderID) = try await stage.subscribe(at: link)
            let request = try GraphQLRequest(query: isSubscription ? "subscription { n }" : "{ n }")
            let call = Task { [session = stage.session] in
                if !isSubscription { return _ = try await session.execute(request) }
                for try await _ in try await session.subscribe(request) {}
            }
            let id = try await link.nextOperation()
            // Behind its payload, so that nothing less than the whole says whose it is.
            let padding = String(repeating: "x", count: 15 << 20)
            link.send([
                Wire.next(bystanderID, 1),
                "{\"payload\":{\"data\":{\"id\":\"\(bystanderID)\",\"n\":\"\(padding)\"}},\"type\":\"next\",\"id\":\"\(id)\"}",
                Wire.next(bystanderID, 2), Wire.complete(bystanderID),
            ])
            let error = await #expect(throws: SessionError.self) { try await call.value }
            #expect(error == .tooLarge(limit: 1 << 20))
            #expect(await link.next() == .text(Wire.complete(id)))
            #expect(try await bystander.texts() == [1, 2].map(Wire.payload))
            #expect(await stage.session.generation == 1)
        }
    }

    @Test func `a query under way when the link is dropped for what came is not sent again`() async throws {
        try await Stage.run { stage, server in
            await stage.session.start()
            let link = try await server.nextAcknowledgedLink()
            let call = stage.execute("{ n }")
            _ = try await link.nextOperation()
            link.send("no JSON")
            let error = await #expect(throws: SessionError.self) { try await call.value }
            guard case .linkLost(.dropped(code: .badResponse, _)) = error else {
                Issue.record("\(String(describing: error))")
                return
            }
            let next = try await server.nextAcknowledgedLink()
            try await next.settle()
        }
    }
}
