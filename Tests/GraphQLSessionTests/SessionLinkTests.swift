import Backoffs
import GraphQLTransport
import Testing
import WebSockets
import Wire

@testable import GraphQLSession

/// One link and the next, on loopback.
@Suite(.timeLimit(.minutes(1)))
struct SessionLinkTests {
    /// How a server may end a link before it acknowledges.
    enum Ending: Sendable, CaseIterable {
        case closed1000, closed1012, closed4403, cut
    }

    @Test(arguments: Ending.allCases)
    func `D1 a link that ends before the acknowledgement is followed by one that works`(ending: Ending) async throws {
        try await Stage.run {
            $0.fatalPause = .milliseconds(1)
        } _: { stage, server in
            await stage.session.start()
            let first = try await server.nextLink()
            #expect(await first.next() == .text(#"{"type":"connection_init"}"#))
            switch ending {
            case .closed1000: first.close(1000)
            case .closed1012: first.close(1012)
            case .closed4403: first.close(4403, "Forbidden")
            case .cut: first.cut()
            }
            let second = try await server.nextAcknowledgedLink()
            try await stage.session.connected()
            #expect(await stage.session.generation == 1)
            #expect(await server.linkCount == 2)
            let (_, id) = try await stage.subscribe(at: second)
            #expect(id == "1" || id == "2")
        }
    }

    @Test func `D2 C4 what is subscribed before the acknowledgement is sent after it`() async throws {
        try await Stage.run { stage, server in
            let before = await stage.caller.subscribe()
            await stage.session.start()
            let link = try await server.nextLink()
            #expect(await link.next() == .text(#"{"type":"connection_init"}"#))
            let during = await stage.caller.subscribe()
            try await link.settle()
            link.send(Wire.acknowledgement)
            let ids = [try await link.nextSubscribe(), try await link.nextSubscribe()]
            #expect(Set(ids).count == 2)
            link.send(ids.map(Wire.complete))
            for task in [before, during] {
                var iterator = try await task.value.makeAsyncIterator()
                #expect(try await iterator.next()?.count == nil)
            }
        }
    }

    @Test func `C1 each link begins with connection_init, with headers and payload asked for anew`() async throws {
        let number = Counter()
        try await Stage.run {
            $0.headers = { [(name: "Origin", value: "http://\(number.next())")] }
            $0.initPayload = { #"{"token":\#(number.next())}"# }
        } _: { stage, server in
            await stage.session.start()
            for attempt in 0..<3 {
                let link = try await server.nextLink()
                #expect(link.request.origin == "http://\(attempt * 2 + 1)")
                let payload = #"{"token":\#(attempt * 2 + 2)}"#
                #expect(await link.next() == .text(#"{"type":"connection_init","payload":\#(payload)}"#))
                link.cut()
            }
        }
    }

    @Test func `C2 a first message that is no acknowledgement closes the link with 4004`() async throws {
        try await Stage.run { stage, server in
            await stage.session.start()
            let first = try await server.nextLink()
            first.send(Wire.next("1", 1))
            #expect(await first.rest().closure?.code == 4004)
            _ = try await server.nextAcknowledgedLink()
            try await stage.session.connected()
        }
    }

    @Test func `C3 an acknowledgement that doesn't come closes the link with 4504`() async throws {
        try await Stage.run {
            $0.acknowledgementTimeout = .milliseconds(30)
        } _: { stage, server in
            await stage.session.start()
            let closure = try await server.nextLink().rest().closure
            #expect(closure?.code == 4504)
            #expect(closure?.reason == "Connection acknowledgement timeout")
            _ = try await server.nextLink()
        }
    }

    @Test func `C5 a ping is answered with its payload, also before the acknowledgement`() async throws {
        try await Stage.run { stage, server in
            await stage.session.start()
            let link = try await server.nextLink()
            _ = await link.next()
            for _ in 0..<2 {
                link.send(#"{"type":"ping","payload":{"a":[1]}}"#)
                #expect(await link.next() == .text(#"{"type":"pong","payload":{"a":[1]}}"#))
                link.send(Wire.acknowledgement)
            }
        }
    }

    @Test func `C6 messages for unknown and finished ids are ignored`() async throws {
        try await Stage.run { stage, server in
            await stage.session.start()
            let link = try await server.nextAcknowledgedLink()
            let (first, firstID) = try await stage.subscribe(at: link)
            let (second, secondID) = try await stage.subscribe(at: link)
            link.send([
                Wire.next("999", 0), Wire.next("x", 0), Wire.complete("999"), Wire.error("999", #"[{"message":"m"}]"#),
                Wire.complete(firstID), Wire.next(firstID, 0), Wire.complete(firstID), Wire.next(secondID, 5),
                Wire.complete(secondID),
            ])
            var iterator = first.makeAsyncIterator()
            #expect(try await iterator.next() == nil)
            #expect(try await second.texts() == [Wire.payload(5)])
            #expect(await stage.session.isConnected)
        }
    }

    @Test(arguments: ["nonsense", "[]", #"{"id":"1","type":"next""#])
    func `C7 after what is no JSON object nothing more is read from the link`(text: String) async throws {
        try await Stage.run { stage, server in
            await stage.session.start()
            let link = try await server.nextAcknowledgedLink()
            let (subscription, id) = try await stage.subscribe(at: link)
            link.send([Wire.next(id, 1), text, Wire.next(id, 2), Wire.complete(id)])
            var seen: [String] = []
            let error = await #expect(throws: SessionError.self) { try await subscription.texts(into: &seen) }
            guard case .linkLost(.dropped(code: .badResponse, _)) = error else {
                Issue.record("\(String(describing: error))")
                return
            }
            #expect(seen == [Wire.payload(1)])
            #expect(await link.rest().closure?.code == 4004)
            _ = try await server.nextAcknowledgedLink()
            try await stage.session.connected(after: 1)
        }
    }

    @Test func `C8 complete is sent once for what runs, and not for what has ended`() async throws {
        try await Stage.run { stage, server in
            await stage.session.start()
            let link = try await server.nextAcknowledgedLink()
            let (completed, completedID) = try await stage.subscribe(at: link)
            let (failed, failedID) = try await stage.subscribe(at: link)
            let (running, runningID) = try await stage.subscribe(at: link)
            link.send([Wire.complete(completedID), Wire.error(failedID, #"[{"message":"m"}]"#)])
            try await link.settle()
            for id in [completedID, failedID, runningID, runningID] {
                await stage.session.release(try #require(UInt64(id)))
            }
            _ = (completed, failed, running)
            await stage.session.close()
            let (texts, closure) = await link.rest()
            #expect(texts == [Wire.complete(runningID)])
            #expect(closure?.code == 1000)
        }
    }

    @Test func `C9 close closes the link with 1000`() async throws {
        try await Stage.run { stage, server in
            await stage.session.start()
            let link = try await server.nextAcknowledgedLink()
            try await stage.session.connected()
            await stage.session.close()
            let closure = await link.rest().closure
            #expect(closure?.code == 1000)
            #expect(closure?.reason == "Normal Closure")
            #expect(await server.linkCount == 1)
        }
    }

    @Test func `D3 C14 ids are never used again, and what ends late on link 1 disturbs nothing on link 2`() async throws
    {
        try await Stage.run { stage, server in
            await stage.session.start()
            let first = try await server.nextAcknowledgedLink()
            var late: Subscription?
            let (subscription, lateID) = try await stage.subscribe(at: first)
            late = subscription
            first.send([Wire.next(lateID, 1), Wire.next(lateID, 2)])
            try await first.settle()
            first.cut()

            let second = try await server.nextAcknowledgedLink()
            try await stage.session.connected(after: 1)
            let (fresh, freshID) = try await stage.subscribe(at: second)
            #expect(freshID != lateID)
            // The slow reader of link 1 still gets what had come, then the loss, and lets go.
            var seen: [String] = []
            await #expect(throws: SessionError.self) { try await late?.texts(into: &seen) }
            #expect(seen == [Wire.payload(1), Wire.payload(2)])
            late = nil
            await stage.session.release(try #require(UInt64(lateID)))
            second.send([Wire.next(lateID, 8), Wire.next(freshID, 9), Wire.complete(freshID)])
            #expect(try await fresh.texts() == [Wire.payload(9)])
            await stage.session.close()
            #expect(await second.rest().texts == [])
        }
    }

    @Test func `D4 a late failure of link 1 does no harm to link 2`() async throws {
        try await Stage.runBare(
            // Link 2 falls under the first too, on a machine that may be busy.
            {
                $0.acknowledgementTimeout = .seconds(2)
                $0.closeTimeout = .seconds(60)
            },
            { stage, server in
                await stage.session.start()
                let first = try await server.upgrade()
                #expect(try await first.receive().text == #"{"type":"connection_init"}"#)
                #expect(try await first.receive().code == 4504)
                // Link 1 hangs in its close handshake while link 2 lives.
                let second = try await server.acknowledge()
                try await stage.session.connected()
                let subscription = try await stage.session.subscribe(GraphQLRequest(query: "subscription { n }"))
                let id = try #require(Wire.id(ofSubscribe: try await second.receive().text))
                try await first.send(.text, Wire.next(id, 1))
                try await first.send(FrameHead.closeFrame(4401, "late"))
                await first.reset()
                try await second.send(.text, Wire.next(id, 2))
                try await second.send(.text, Wire.complete(id))
                #expect(try await subscription.texts() == [Wire.payload(2)])
                #expect(await stage.session.isConnected)
                #expect(await stage.session.generation == 1)
            }
        )
    }

    @Test func `C13 what is issued while the server closes is served by the next link`() async throws {
        try await Stage.run { stage, server in
            await stage.session.start()
            let first = try await server.nextAcknowledgedLink()
            try await stage.session.connected()
            first.close(1001)
            while await stage.session.isConnected { await Task.yield() }
            async let subscription = stage.session.subscribe(GraphQLRequest(query: "subscription { n }"))
            let second = try await server.nextAcknowledgedLink()
            let id = try await second.nextSubscribe()
            second.send([Wire.next(id, 3), Wire.complete(id)])
            #expect(try await subscription.texts() == [Wire.payload(3)])
        }
    }

    @Test func `a server that names no subprotocol speaks the only one that was offered`() async throws {
        try await Stage.runBare {
            $0.subprotocols = [.transport]
        } _: { stage, server in
            await stage.session.start()
            let link = try await server.upgrade(subprotocol: nil)
            try await link.acknowledge()
            try await stage.session.connected()
            let call = stage.execute("{ n }")
            #expect(try await link.receive().text.contains(#""type":"subscribe""#))
            await stage.session.close()
            await #expect(throws: SessionError.closed) { try await call.value }
        }
    }

    @Test func `a message over 16 times the limit closes the link with 1009, which isn't taken for the server's word`()
        async throws
    {
        try await Stage.run {
            $0.maximumMessageSize = 1_000
        } _: { stage, server in
            await stage.session.start()
            let link = try await server.nextAcknowledgedLink()
            let (subscription, id) = try await stage.subscribe(at: link)
            link.send(#"{"id":"\#(id)","type":"next","payload":{"data":"\#(String(repeating: "x", count: 16_000))"}}"#)
            let failure = LinkFailure.dropped(code: .messageTooBig, reason: "a message exceeds 16000 bytes")
            await #expect(throws: SessionError.linkLost(failure)) { try await subscription.texts() }
            #expect(await link.rest().closure?.code == 1009)
            _ = try await server.nextAcknowledgedLink()
            try await stage.session.connected(after: 1)
        }
    }
}
