import Backoffs
import GraphQLTransport
import Testing

@testable import GraphQLSession

/// Going on after an interruption, behind a relay that numbers events, and behind other servers.
@Suite(.timeLimit(.minutes(1)))
struct SessionResumingTests {
    private static let acknowledgement = #"{"type":"connection_ack","payload":{"relay":{"tokens":true}}}"#

    private static func next(_ id: String, _ token: String, data: String = "null", _ more: String = "") -> String {
        #"{"id":"\#(id)","type":"next","payload":{"data":\#(data),"extensions":{"relay":{"token":"\#(token)"\#(more)}}}}"#
    }

    private static func begin(_ link: ServerLink, acknowledging: String = acknowledgement) async throws {
        let asking = #"{"type":"connection_init","payload":{"relay":{"tokens":true}}}"#
        #expect(await link.next() == .text(asking))
        link.send(acknowledging)
    }

    private static let request = GraphQLRequest(
        query: "subscription { a }",
        operationName: nil,
        readVariables: nil,
        readExtensions: Array(#"{"x":1}"#.utf8)
    )

    @Test func `each subscription begins after the last event that was read`() async throws {
        try await Stage.run {
            $0.asksForTokens = true
        } _: { stage, server in
            await stage.session.start()
            let point = ResumePoint()
            let first = try await server.nextLink()
            try await Self.begin(first)
            let one = try await stage.session.subscribe(Self.request, resuming: point)
            let (id, text) = try await first.nextOperationAndText()
            #expect(text.contains(#""extensions":{"x":1}"#))
            first.send([
                Self.next(id, "e:4"), Self.next(id, "e:5", data: "5"), Self.next(id, "e:6", data: "6"),
            ])
            var reader = one.payloads.makeAsyncIterator()
            let payload = try #require(try await reader.next())
            #expect(payload.text == #"{"data":5}"# && payload.token == ResumeToken("e:5") && payload.gap == nil)
            #expect(try await reader.next()?.token == ResumeToken("e:6"))
            #expect(point.token == ResumeToken("e:6"))
            first.cut()

            let second = try await server.nextLink()
            try await Self.begin(second)
            let other = try await stage.session.subscribe(Self.request, resuming: point)
            let (next, again) = try await second.nextOperationAndText()
            #expect(again.contains(#""extensions":{"x":1,"relay":{"after":"e:6"}}"#))
            let gap = #","gap":{"after":"e:6","reason":"not held"}"#
            second.send([Self.next(next, "e:9", data: "null", gap), Self.next(next, "e:10", data: "10")])
            var batches = other.makeAsyncIterator()
            var batch = try #require(try await batches.next())
            #expect(batch.gap == "not held" && batch.start == ResumeToken("e:9"))
            if batch.isEmpty { batch = try #require(try await batches.next()) }
            #expect(batch.texts == [#"{"data":10}"#] && point.token == ResumeToken("e:10"))
        }
    }

    @Test func `a server that doesn't confirm it gets a standard request and sends standard results`() async throws {
        try await Stage.run {
            $0.asksForTokens = true
        } _: { stage, server in
            await stage.session.start()
            let point = ResumePoint(after: ResumeToken("e:6"))
            let link = try await server.nextLink()
            try await Self.begin(link, acknowledging: Wire.acknowledgement)
            let subscription = try await stage.session.subscribe(Self.request, resuming: point)
            let (id, text) = try await link.nextOperationAndText()
            #expect(text.contains(#""extensions":{"x":1}"#))
            link.send(Self.next(id, "e:9", data: "9"))
            var batches = subscription.makeAsyncIterator()
            let batch = try #require(try await batches.next())
            #expect(batch.start == nil && batch.token == nil && batch.texts[0].contains("e:9"))
            #expect(point.token == nil)
        }
    }

    @Test func `a subscription that doesn't resume has no members of the relay either`() async throws {
        try await Stage.run {
            $0.asksForTokens = true
        } _: { stage, server in
            await stage.session.start()
            let link = try await server.nextLink()
            try await Self.begin(link)
            let subscription = try await stage.session.subscribe(Self.request)
            let id = try await link.nextSubscribe()
            link.send([Self.next(id, "e:4"), Self.next(id, "e:5", data: "5"), Wire.complete(id)])
            #expect(try await subscription.texts() == [#"{"data":5}"#])
        }
    }

    @Test func `a session that doesn't ask takes no answer for it`() async throws {
        try await Stage.run { stage, server in
            await stage.session.start()
            let link = try await server.nextLink()
            #expect(await link.next() == .text(#"{"type":"connection_init"}"#))
            link.send(Self.acknowledgement)
            let subscription = try await stage.session.subscribe(Self.request, resuming: ResumePoint())
            let id = try await link.nextSubscribe()
            link.send([Self.next(id, "e:4"), Wire.complete(id)])
            #expect(try await subscription.texts().count == 1)
        }
    }
}
