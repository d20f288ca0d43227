import Backoffs
import GraphQLTransport
import Testing
import WebSockets
import Wire

@testable import GraphQLSession

/// The end of a session, from wherever it is.
@Suite(.timeLimit(.minutes(1)))
struct SessionCloseTests {
    /// A session that was closed: it fails every call at once, and its events are over.
    private func expectOver(_ session: PermanentSession) async {
        await #expect(throws: SessionError.closed) { try await session.connected() }
        await #expect(throws: SessionError.closed) { try await session.connected(after: 7) }
        await #expect(throws: SessionError.closed) {
            try await session.subscribe(GraphQLRequest(query: "subscription { n }"))
        }
        #expect(await !session.isConnected)
        var last: SessionEvent?
        for await event in session.events { last = event }
        #expect(last == .closed)
        await session.close()
        await session.start()
        await #expect(throws: SessionError.closed) { try await session.connected() }
    }

    @Test func `close ends every subscription at once, though the server doesn't answer`() async throws {
        try await Stage.runBare { stage, server in
            await stage.session.start()
            let link = try await server.acknowledge()
            var subscriptions: [Subscription] = []
            for _ in 0..<3 {
                subscriptions.append(try await stage.session.subscribe(GraphQLRequest(query: "subscription { n }")))
                _ = try await link.receive()
            }
            await stage.session.close()
            for subscription in subscriptions {
                await #expect(throws: SessionError.closed) { try await subscription.texts() }
            }
            #expect(try await link.receive().code == 1000)
            await expectOver(stage.session)
        }
    }

    @Test func `of sockets that part only a few take their time, however many links are dropped`() async throws {
        try await Stage.runBare {
            $0.closeTimeout = .seconds(3_600)
        } _: { stage, server in
            await stage.session.start()
            var links: [BareLink] = []
            // None of them answers the close that it is sent for this.
            for _ in 0..<PartingSockets.maximum + 3 {
                let link = try await server.acknowledge()
                try await link.send(.text, "no JSON")
                links.append(link)
                _ = try await stage.nextFailure()
            }
            for link in links.prefix(3) {
                #expect(try await link.receive().opcode == 8)
                await #expect(throws: Unexpected.self) { try await link.receive() }
            }
            // The others have been told, and nothing more.
            for link in links.dropFirst(3) { #expect(try await link.receive().opcode == 8) }
        }
    }

    @Test func `close wakes the calls that wait`() async throws {
        try await Stage.run { stage, server in
            await stage.session.start()
            _ = try await server.nextLink()
            let calls = [await stage.caller.subscribe(), await stage.caller.subscribe()]
            await stage.session.close()
            for call in calls { await #expect(throws: SessionError.closed) { try await call.value } }
            await expectOver(stage.session)
        }
    }

    @Test func `who comes to wait when the link is there, or all is over, isn't kept`() async throws {
        try await Stage.run { stage, server in
            await stage.session.start()
            _ = try await server.nextAcknowledgedLink()
            try await stage.session.connected()
            try await stage.session.waitForLink(after: 0, until: nil)
            await stage.session.close()
            await #expect(throws: SessionError.closed) { try await stage.session.waitForLink(after: 0, until: nil) }
            await #expect(throws: SessionError.closed) { try await stage.session.pause(for: .seconds(3600)) }
        }
    }

    @Test func `close before the start`() async throws {
        try await Stage.run { stage, server in
            await stage.session.close()
            await expectOver(stage.session)
            #expect(await server.linkCount == 0)
        }
    }

    @Test func `close during the back-off`() async throws {
        try await Stage.run {
            $0.retryConnect = .constant(.seconds(3_600))
        } _: { stage, server in
            await stage.session.start()
            try await server.nextLink().cut()
            _ = try await stage.nextFailure()
            await stage.session.close()
            await expectOver(stage.session)
            #expect(await server.linkCount == 1)
        }
    }

    @Test func `close during the dial cuts it`() async throws {
        try await Stage.runBare { stage, server in
            await stage.session.start()
            let link = try await server.accept()
            _ = try await link.receiveHead()
            await stage.session.close()
            await expectOver(stage.session)
            await #expect(throws: Unexpected.self) { try await link.receive() }
        }
    }

    @Test func `close while credentials hang tells them to stop, and nothing is dialled`() async throws {
        let (askings, asked) = AsyncStream.makeStream(of: Void.self)
        let (cancellations, cancelled) = AsyncStream.makeStream(of: Void.self)
        try await Stage.run {
            $0.initPayload = {
                asked.yield()
                let (never, continuation) = AsyncStream.makeStream(of: Void.self)
                for await _ in never {}
                continuation.finish()
                cancelled.yield()
                return "{}"
            }
        } _: { stage, server in
            await stage.session.start()
            for await _ in askings { break }
            await stage.session.close()
            await expectOver(stage.session)
            for await _ in cancellations { break }
            #expect(await server.linkCount == 0)
        }
    }

    @Test func `close before the acknowledgement says 1000 too`() async throws {
        try await Stage.run { stage, server in
            await stage.session.start()
            let link = try await server.nextLink()
            _ = await link.next()
            await stage.session.close()
            #expect(await link.rest().closure?.code == 1000)
            await expectOver(stage.session)
        }
    }

    @Test func `a closed session is let go of by everything`() async throws {
        weak var remembered: PermanentSession?
        let server = try ScriptedServer()
        let endpoint = try await server.listen()
        let loop = try EventLoop(name: "session")
        do {
            let session = PermanentSession(to: endpoint, SessionConfiguration(), on: loop)
            remembered = session
            await session.start()
            let link = try await server.nextAcknowledgedLink()
            try await session.connected()
            await session.close()
            _ = await link.rest()
        }
        await loop.stop()
        await server.stop()
        #expect(remembered == nil)
    }

    // A session with a loop of its own.

    @Test func `a client's close waits for the server's answer, though a flood arrives until then`() async throws {
        let loop = try EventLoop(name: "bare", servesSockets: false)
        let server = try BareServer(on: loop)
        async let connecting = GraphQLClient(endpoint: server.endpoint).connect()
        let link = try await server.acknowledge()
        let session = try await connecting
        let subscription = try await session.subscribe(GraphQLRequest(query: "subscription { n }"))
        let id = try #require(Wire.id(ofSubscribe: try await link.receive().text))
        let event = Wire.next(id, 1)
        for _ in 0..<1_000 { try await link.send(.text, event) }
        await session.close()
        #expect(try await link.receive().code == 1000)
        // A thread that ended at once would have reset the connection, and nothing more could be sent.
        for _ in 0..<5_000 { try await link.send(.text, event) }
        try await link.send(FrameHead.closeFrame(1000, ""))
        await #expect(throws: Unexpected.self) { try await link.receive() }
        var seen: [String] = []
        await #expect(throws: SessionError.closed) { try await subscription.texts(into: &seen) }
        await expectOver(session)
        await loop.stop()
    }

    @Test func `a client that can't connect throws why`() async throws {
        let server = try ScriptedServer()
        var client = GraphQLClient(endpoint: try await server.listen())
        client.configuration.retryConnect = .off
        let refused = Task { [client] in try await client.connect() }
        try await server.nextLink().close(4403, "no")
        await #expect(throws: SessionError.ended(.closed(code: .forbidden, reason: "no"))) { try await refused.value }

        client.configuration.waitLimit = .milliseconds(20)
        await #expect(throws: SessionError.waitedTooLong) { try await client.connect() }

        let cancelled = Task { [client] in
            while !Task.isCancelled { await Task.yield() }
            return try await client.connect()
        }
        cancelled.cancel()
        await #expect(throws: CancellationError.self) { try await cancelled.value }
        await server.stop()
    }
}
