import Backoffs
import GraphQLTransport
import Synchronization
import Testing
import WebSockets
import Wire

@testable import GraphQLSession

/// What callers see while there is no link.
@Suite(.timeLimit(.minutes(1)))
struct SessionOutageTests {
    @Test func `C11 calls made during an outage share one connection, and all wake with it`() async throws {
        try await Stage.run { stage, server in
            await stage.session.start()
            let first = try await server.nextAcknowledgedLink()
            try await stage.session.connected()
            first.cut()
            while await stage.session.isConnected { await Task.yield() }
            var calls: [Task<Subscription, any Error>] = []
            for _ in 0..<10 { calls.append(await stage.caller.subscribe()) }
            let second = try await server.nextAcknowledgedLink()
            var ids: Set<String> = []
            for _ in calls { ids.insert(try await second.nextSubscribe()) }
            #expect(ids.count == 10)
            for call in calls { _ = try await call.value }
            #expect(await server.linkCount == 2)
        }
    }

    @Test func `C12 what its reader let go of during the outage isn't subscribed anew`() async throws {
        try await Stage.run { stage, server in
            let session = stage.session
            await session.start()
            let open: @Sendable () async throws -> Subscription = {
                try await session.subscribe(GraphQLRequest(query: "subscription { n }"))
            }
            let first = try await server.nextAcknowledgedLink()
            let events = restarting(with: .constant(.milliseconds(1)), open)
            let (interruptions, interrupted) = AsyncStream.makeStream(of: Void.self)
            let reader = Task {
                for await event in events {
                    if case .interrupted = event { interrupted.yield() }
                }
            }
            _ = try await first.nextSubscribe()
            first.cut()
            for await _ in interruptions { break }
            let second = try await server.nextLink()
            reader.cancel()
            await reader.value
            try await second.acknowledge()
            let (_, id) = try await stage.subscribe(at: second)
            await session.close()
            #expect(await second.rest().texts.allSatisfy { Wire.id(ofSubscribe: $0) == nil })
            #expect(id != "1")
        }
    }

    @Test(arguments: [SessionConfiguration.Probe.graphQL, .webSocket])
    func `a silent link that answers its probes stays`(probe: SessionConfiguration.Probe) async throws {
        try await Stage.runBare {
            $0.probe = probe
            $0.pingInterval = .milliseconds(5)
            $0.pongTimeout = .seconds(60)
        } _: { stage, server in
            await stage.session.start()
            let link = try await server.acknowledge()
            for _ in 0..<5 {
                let ping = try await link.receive()
                if probe == .graphQL {
                    #expect(ping.text == #"{"type":"ping"}"#)
                    try await link.send(.text, #"{"type":"pong"}"#)
                } else {
                    #expect(ping.opcode == 9)
                    try await link.send(.pong, ping.text)
                }
            }
            #expect(await stage.session.isConnected)
            #expect(await stage.session.generation == 1)
        }
    }

    @Test(arguments: [SessionConfiguration.Probe.graphQL, .webSocket])
    func `a link that falls silent is noticed without any call, and replaced`(
        probe: SessionConfiguration.Probe
    ) async throws {
        try await Stage.runBare {
            $0.probe = probe
            $0.pingInterval = .milliseconds(250)
            $0.pongTimeout = .milliseconds(250)
        } _: { stage, server in
            await stage.session.start()
            let link = try await server.acknowledge()
            // No answer: the server is frozen, or the way to it is cut.
            var pings = 0
            var frame = try await link.receive()
            while frame.opcode != 8 {
                #expect(probe == .graphQL ? frame.text == #"{"type":"ping"}"# : frame.opcode == 9)
                pings += 1
                frame = try await link.receive()
            }
            #expect(pings > 0)
            #expect(frame.code == 1001)
            #expect(frame.text.hasSuffix("no sign of life within 0.25 seconds of a ping"))
            #expect(try await stage.nextFailure().code == .terminated)
            _ = try await server.acknowledge()
            _ = try await stage.event { $0 == .connected(generation: 2) }
        }
    }

    @Test func `a call waits no longer than the wait limit, and the session goes on`() async throws {
        try await Stage.run {
            $0.waitLimit = .milliseconds(30)
        } _: { stage, server in
            await stage.session.start()
            let link = try await server.nextLink()
            await #expect(throws: SessionError.waitedTooLong) { try await stage.session.connected() }
            await #expect(throws: SessionError.waitedTooLong) {
                try await stage.session.subscribe(GraphQLRequest(query: "subscription { n }"))
            }
            try await link.acknowledge()
            while await !stage.session.isConnected { await Task.yield() }
            let (_, id) = try await stage.subscribe(at: link)
            #expect(!id.isEmpty)
        }
    }

    @Test func `links that come and go don't prolong the wait limit`() async throws {
        try await Stage.run {
            $0.waitLimit = .milliseconds(100)
        } _: { stage, server in
            await stage.session.start()
            let flapping = Task {
                while !Task.isCancelled {
                    let link = try await server.nextAcknowledgedLink()
                    link.cut()
                }
            }
            await #expect(throws: SessionError.waitedTooLong) { try await stage.session.connected(after: 1_000_000) }
            flapping.cancel()
        }
    }

    @Test func `a call that waits can be cancelled`() async throws {
        try await Stage.run { stage, _ in
            let call = await stage.caller.subscribe()
            call.cancel()
            await #expect(throws: CancellationError.self) { try await call.value }
        }
    }

    @Test func `a session that gives up fails the calls that wait and those that come`() async throws {
        try await Stage.run {
            $0.retryConnect = .constant(.milliseconds(1)).limited(tries: 3)
        } _: { stage, server in
            let call = await stage.caller.subscribe()
            await stage.session.start()
            for _ in 0..<3 { try await server.nextLink().close(1011, "no") }
            let failure = LinkFailure.closed(code: .internalError, reason: "no")
            await #expect(throws: SessionError.ended(failure)) { try await call.value }
            await #expect(throws: SessionError.ended(failure)) { try await stage.session.connected() }
            var events: [SessionEvent] = []
            for await event in stage.session.events { events.append(event) }
            #expect(
                events == [
                    .connecting(attempt: 1), .disconnected(failure, retryIn: .milliseconds(1)),
                    .connecting(attempt: 2), .disconnected(failure, retryIn: .milliseconds(1)),
                    .connecting(attempt: 3), .ended(failure),
                ]
            )
        }
    }

    @Test func `C10 a server that closes with 4401 ends a session that is to end by it`() async throws {
        try await Stage.run {
            $0.fatalPause = nil
        } _: { stage, server in
            await stage.session.start()
            let link = try await server.nextAcknowledgedLink()
            let (subscription, _) = try await stage.subscribe(at: link)
            link.close(4401, "Unauthorized")
            let failure = LinkFailure.closed(code: .unauthorized, reason: "Unauthorized")
            await #expect(throws: SessionError.linkLost(failure)) { try await subscription.texts() }
            await #expect(throws: SessionError.ended(failure)) { try await stage.session.connected(after: 1) }
            #expect(await server.linkCount == 1)
        }
    }

    @Test func `a link that had stayed and is closed with 4401 is followed at once, with fresh credentials`()
        async throws
    {
        let asked = Counter()
        try await Stage.run {
            $0.retryConnect = .constant(.seconds(3_600))
            $0.stableAfter = .zero
            $0.initPayload = { #"{"token":\#(asked.next())}"# }
        } _: { stage, server in
            await stage.session.start()
            let first = try await server.nextLink()
            #expect(await first.next() == .text(#"{"type":"connection_init","payload":{"token":1}}"#))
            first.send(Wire.acknowledgement)
            try await stage.session.connected()
            first.close(4401, "token expired")
            let second = try await server.nextLink()
            #expect(await second.next() == .text(#"{"type":"connection_init","payload":{"token":2}}"#))
            second.close(4403, "still refused")
            let refused = LinkFailure.closed(code: .forbidden, reason: "still refused")
            _ = try await stage.event { $0 == .disconnected(refused, retryIn: .seconds(60)) }
        }
    }

    @Test func `C10 with a fatal pause 4401 is tried again after it`() async throws {
        try await Stage.run {
            $0.retryConnect = .constant(.seconds(3_600))
            $0.fatalPause = .milliseconds(1)
        } _: { stage, server in
            await stage.session.start()
            try await server.nextLink().close(4401)
            _ = try await server.nextAcknowledgedLink()
            try await stage.session.connected()
        }
    }

    @Test func `C16 1000 from the server is tried again`() async throws {
        try await Stage.run { stage, server in
            await stage.session.start()
            let link = try await server.nextAcknowledgedLink()
            let (subscription, _) = try await stage.subscribe(at: link)
            link.close(1000, "bye")
            let failure = LinkFailure.closed(code: .normalClosure, reason: "bye")
            await #expect(throws: SessionError.linkLost(failure)) { try await subscription.texts() }
            _ = try await server.nextAcknowledgedLink()
            try await stage.session.connected(after: 1)
        }
    }

    @Test func `an HTTP answer instead of the upgrade is told with its status`() async throws {
        try await Stage.runBare {
            $0.fatalPause = .milliseconds(1)
        } _: { stage, server in
            await stage.session.start()
            let link = try await server.accept()
            _ = try await link.receiveHead()
            try await link.send(Array("HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n".utf8))
            let failure = try await stage.nextFailure()
            guard case .unreachable(let reason, _, _) = failure else {
                Issue.record("\(failure)")
                return
            }
            #expect(reason.contains("401"))
            _ = try await server.acknowledge()
            try await stage.session.connected()
        }
    }

    @Test func `a server that accepts and says nothing falls under the connect timeout`() async throws {
        try await Stage.runBare(
            { $0.connectTimeout = .seconds(1) },
            { stage, server in
                await stage.session.start()
                var link = try await server.accept()
                // The first dial of a process loads the system's certificate authorities. On a loaded machine its time
                // may be over before it sends the upgrade request; another dial follows.
                while (try? await link.receiveHead()) == nil { link = try await server.accept() }
                let reason = "no connection within 1.0 seconds: waiting for 127.0.0.1 to complete the handshake"
                _ = try await stage.event {
                    $0 == .disconnected(.unreachable(reason: reason), retryIn: .milliseconds(1))
                }
                // The dial was cut, not only given up.
                await #expect(throws: Unexpected.self) { try await link.receive() }
            }
        )
    }

    // Credentials.

    private struct Refused: Error {}

    @Test func `credentials that can't be had count as a failed attempt`() async throws {
        let asked = Counter()
        try await Stage.run {
            $0.headers = {
                if asked.next() < 3 { throw Refused() }
                return []
            }
        } _: { stage, server in
            await stage.session.start()
            #expect(try await stage.nextFailure() == .credentials(reason: "Refused()"))
            _ = try await server.nextAcknowledgedLink()
            try await stage.session.connected()
            #expect(asked.count == 3)
            #expect(await server.linkCount == 1)
        }
    }

    @Test(arguments: ["", "null", "[1]", #"{"a":}"#, "{}\n{}"])
    func `an init payload that is no JSON object is never sent`(payload: String) async throws {
        try await Stage.run {
            $0.initPayload = { payload }
            $0.retryConnect = .off
        } _: { stage, server in
            await stage.session.start()
            guard case .credentials(let reason) = try await stage.nextFailure() else {
                Issue.record("another failure")
                return
            }
            #expect(reason.hasPrefix("the init payload is no JSON object"))
            #expect(await server.linkCount == 0)
        }
    }

    @Test func `credentials that hang fall under the connect timeout, are told to stop, and asked for anew`()
        async throws
    {
        let asked = Counter()
        let (endings, ended) = AsyncStream.makeStream(of: Int.self)
        try await Stage.run {
            $0.connectTimeout = .milliseconds(200)
            $0.headers = {
                let number = asked.next()
                // Ends with the task only.
                let (never, continuation) = AsyncStream.makeStream(of: Void.self)
                for await _ in never {}
                continuation.finish()
                ended.yield(number)
                return []
            }
        } _: { stage, server in
            await stage.session.start()
            let failure = try await stage.nextFailure()
            #expect(failure == .credentials(reason: "the headers closure hasn't returned within 0.2 seconds"))
            for await number in endings where number == 2 { break }
            // What they answer after their time is not used.
            #expect(await server.linkCount == 0)
        }
    }

    @Test func `credentials are asked for off the loop, since they may block`() async throws {
        let onLoop = Mutex<[Bool]>([])
        let loop = Mutex<EventLoop?>(nil)
        let note: @Sendable () -> Void = {
            let isCurrent = loop.withLock { $0?.isCurrent } ?? true
            onLoop.withLock { $0.append(isCurrent) }
        }
        try await Stage.run {
            $0.headers = {
                note()
                return []
            }
            $0.initPayload = {
                note()
                return nil
            }
        } _: { stage, server in
            loop.withLock { $0 = stage.loop }
            await stage.session.start()
            _ = try await server.nextAcknowledgedLink()
            #expect(onLoop.withLock { $0 } == [false, false])
        }
    }
}
