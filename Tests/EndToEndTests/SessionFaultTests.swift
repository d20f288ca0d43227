import Backoffs
import DemoUpstream
import GraphQLSession
import GraphQLTransport
import Synchronization
import Testing

extension Loopback {
    /// What a server may do wrong, what the session makes of it, and that it works afterwards.
    @Suite(.timeLimit(.minutes(1)))
    struct SessionFaultTests {
        /// A fault, and how it shows in the failure of the link.
        struct Case: CustomTestStringConvertible {
            let fault: DemoUpstream.Fault
            let isExpected: @Sendable (LinkFailure) -> Bool

            var testDescription: String { "\(fault)" }

            init(_ fault: DemoUpstream.Fault, _ isExpected: @escaping @Sendable (LinkFailure) -> Bool) {
                self.fault = fault
                self.isExpected = isExpected
            }

            /// The session drops the link with a code.
            static func drop(_ fault: DemoUpstream.Fault, _ code: CloseCode) -> Case {
                Case(fault) { if case .dropped(code, _) = $0 { true } else { false } }
            }

            /// The server's own close is told.
            static func close(_ fault: DemoUpstream.Fault, _ code: CloseCode) -> Case {
                Case(fault) { if case .closed(code, _) = $0 { true } else { false } }
            }
        }

        @Test(arguments: [
            Case.drop(.neverAcknowledge, .connectionAcknowledgementTimeout),
            .drop(.acknowledgeLate(after: .seconds(2)), .connectionAcknowledgementTimeout),
            .drop(.nextBeforeAck, .badResponse),
            .close(.closeBeforeAck(code: 1013), .tryAgainLater),
            .close(.refuseInit, .forbidden),
            Case(.refuseUpgrade(status: 503)) { failure in
                if case .unreachable(let reason, _, _) = failure { reason.contains("503") } else { false }
            },
        ])
        func `before the acknowledgement`(test: Case) async throws {
            try await FaultStage.run { stage in
                await stage.upstream.setFault(test.fault)
                let session = await stage.session {
                    $0.acknowledgementTimeout = .milliseconds(100)
                    $0.fatalPause = .milliseconds(1)
                }
                // A call that waits all through it is served in the end.
                async let waited: Void = session.connected()
                let failure = try #require(await stage.nextFailure(session))
                #expect(test.isExpected(failure), "\(failure)")
                await stage.upstream.setFault(.none)
                try await waited
                #expect(try await stage.provesHealthy(session))
                #expect(await session.generation == 1)
                await stage.end(session)
            }
        }

        @Test func `an acknowledgement that comes late, but in time`() async throws {
            try await FaultStage.run { stage in
                await stage.upstream.setFault(.acknowledgeLate(after: .milliseconds(50)))
                let session = await stage.session()
                try await session.connected()
                #expect(try await stage.provesHealthy(session))
                #expect(await stage.upstream.statistics.sockets.total == 1)
                await stage.end(session)
            }
        }

        @Test(arguments: [
            Case.drop(.silent, .terminated),
            .drop(.invalidMessage, .badResponse),
            .drop(.hugePayload(bytes: 32 << 20), .messageTooBig),
            .drop(.oversized(bytes: 32 << 20), .messageTooBig),
            .drop(.garbage, .protocolError),
        ])
        func `under a running subscription`(test: Case) async throws {
            try await FaultStage.run { stage in
                let session = await stage.session {
                    $0.probe = .graphQL
                    $0.pingInterval = .milliseconds(200)
                    $0.pongTimeout = .milliseconds(test.fault == .silent ? 200 : 10_000)
                    // Sixteen times as much is skipped.
                    $0.maximumMessageSize = 1 << 20
                }
                try await session.connected()
                let subscription = try await stage.subscribe(session)
                await stage.upstream.setFault(test.fault)
                await stage.upstream.setFault(.none)
                do {
                    for try await batch in subscription { Issue.record("\(batch.count) payloads") }
                    Issue.record("it completed")
                } catch {
                    guard case SessionError.linkLost(let failure) = error else { throw error }
                    #expect(test.isExpected(failure), "\(failure)")
                }
                #expect(try await stage.provesHealthy(session))
                #expect(await session.generation == 2)
                await stage.end(session)
            }
        }

        @Test(arguments: [false, true])
        func `a connection that is cut or reset`(isReset: Bool) async throws {
            try await FaultStage.run { stage in
                let session = await stage.session()
                try await session.connected()
                let subscription = try await stage.subscribe(session)
                if isReset { await stage.upstream.resetLinks() } else { await stage.upstream.dropLinks(code: nil) }
                await #expect {
                    for try await _ in subscription {}
                } throws: { error in
                    if case SessionError.linkLost(.lost) = error { true } else { false }
                }
                #expect(try await stage.provesHealthy(session))
                #expect(await session.generation == 2)
                await stage.end(session)
            }
        }

        @Test(arguments: [DemoUpstream.Fault.unknownID, .unknownType, .binary])
        func `C6 C7 messages of no operation change nothing, and are counted`(fault: DemoUpstream.Fault) async throws {
            try await FaultStage.run { stage in
                let session = await stage.session()
                try await session.connected()
                let subscription = try await stage.subscribe(session)
                await stage.upstream.setFault(fault)
                await stage.upstream.emit(1)
                var iterator = subscription.makeAsyncIterator()
                #expect(try await iterator.next()?.count == 1)
                #expect(await session.generation == 1)
                #expect(session.ignoredMessages.load(ordering: .relaxed) == (fault == .unknownID ? 3 : 1))
                await stage.upstream.setFault(.none)
                await stage.end(session)
            }
        }

        @Test func `C6 an operation that ends twice has ended once, and the link stays`() async throws {
            try await FaultStage.run { stage in
                await stage.upstream.setFault(.endTwice)
                let session = await stage.session()
                for _ in 0..<3 {
                    for try await batch in try await session.subscribe(GraphQLRequest(query: FaultStage.events)) {
                        Issue.record("\(batch.count) payloads")
                    }
                }
                await stage.upstream.setFault(.none)
                #expect(try await stage.provesHealthy(session))
                #expect(await session.generation == 1)
                await stage.end(session)
            }
        }

        @Test func `a server that calls a fresh id a duplicate costs a link and no pause, unless that is asked for`()
            async throws
        {
            try await FaultStage.run { stage in
                await stage.upstream.setFault(.denyID)
                let ending = await stage.session {
                    $0.fatalPause = nil
                    $0.closeCodes[.subscriberAlreadyExists] = .fatal
                }
                let subscription = try await ending.subscribe(GraphQLRequest(query: FaultStage.events))
                await #expect {
                    for try await _ in subscription {}
                } throws: { error in
                    if case SessionError.linkLost(.closed(.subscriberAlreadyExists, _)) = error { true } else { false }
                }
                await #expect {
                    try await ending.connected(after: 1)
                } throws: { error in
                    if case SessionError.ended(.closed(.subscriberAlreadyExists, _)) = error { true } else { false }
                }

                let staying = await stage.session { $0.fatalPause = nil }
                let denied = try await staying.subscribe(GraphQLRequest(query: FaultStage.events))
                await #expect(throws: SessionError.self) { for try await _ in denied {} }
                await stage.upstream.setFault(.none)
                try await staying.connected(after: 1)
                #expect(try await stage.provesHealthy(staying))
                await stage.end(staying)
            }
        }

        @Test func `a payload of 32 MiB passes where the limit is above it`() async throws {
            try await FaultStage.run { stage in
                await stage.upstream.setFault(.hugePayload(bytes: 32 << 20))
                let session = await stage.session { $0.maximumMessageSize = 33 << 20 }
                let subscription = try await session.subscribe(GraphQLRequest(query: FaultStage.events))
                var iterator = subscription.makeAsyncIterator()
                let batch = try #require(try await iterator.next())
                #expect(batch.count == 1)
                #expect((32 << 20) - 64..<32 << 20 ~= batch.bytes.count)
                await stage.upstream.setFault(.none)
                await stage.upstream.emit(1)
                #expect(try await iterator.next()?.count == 1)
                #expect(await session.generation == 1)
                await stage.end(session)
            }
        }

        @Test func `20,000 events a second arrive whole and in order`() async throws {
            try await FaultStage.run { stage in
                let session = await stage.session()
                let events = try await session.subscribe(
                    GraphQLRequest(query: "subscription { tick(intervalMs: 1, burst: 20) { n } }")
                )
                var last = 0
                var count = 0
                for try await batch in events {
                    #expect(batch.dropped == 0)
                    for payload in batch {
                        let number = payload.reduce(0) { (48...57).contains($1) ? $0 * 10 + Int($1 - 48) : $0 }
                        // A server that can't keep its pace leaves out whole bursts.
                        if (number - last - 1) % 20 != 0 || number <= last { Issue.record("\(number) after \(last)") }
                        last = number
                    }
                    count += batch.count
                    if count >= 20_000 { break }
                }
                #expect(await session.generation == 1)
                await stage.end(session)
            }
        }
    }
}
