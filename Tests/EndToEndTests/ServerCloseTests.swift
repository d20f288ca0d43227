import Backoffs
import DemoUpstream
import FanoutRelay
import GraphQLSession
import GraphQLTransport
import Testing

extension Loopback {
    /// Every close code that a server may send, before the acknowledgement and after it.
    @Suite(.timeLimit(.minutes(1)))
    struct ServerCloseTests {
        static let codes = ([1000...1003, 1007...1014, 4400...4500] as [ClosedRange<UInt16>]).flatMap { $0 }

        /// What ends a session that doesn't pause, by the table in the documentation; the rest is tried again.
        private static let fatal: Set<UInt16> = [
            1003, 1007, 1008, 1009, 1010, 4400, 4401, 4403, 4406, 4409, 4429,
        ]

        @Test(arguments: [false, true])
        func `C10 after each close code the session ends or comes back, by the table`(
            isAcknowledged: Bool
        ) async throws {
            try await FaultStage.run { stage in
                for code in Self.codes {
                    if !isAcknowledged { await stage.upstream.setFault(.closeBeforeAck(code: code)) }
                    let session = await stage.session { $0.fatalPause = nil }
                    if isAcknowledged {
                        try await session.connected()
                        await stage.upstream.dropLinks(code: code)
                    }
                    let failure = LinkFailure.closed(code: CloseCode(rawValue: code), reason: "closed on purpose")
                    #expect(await stage.nextFailure(session) == failure)
                    await stage.upstream.setFault(.none)
                    // What closes an acknowledged link isn't held against the next one, except for credentials.
                    let isFatal = Self.fatal.contains(code) && (!isAcknowledged || code == 4401 || code == 4403)
                    if isFatal {
                        await #expect(throws: SessionError.ended(failure)) { try await session.connected(after: 9_999) }
                        let successor = await stage.session()
                        #expect(try await stage.provesHealthy(successor), "after \(code)")
                        await stage.end(successor)
                    } else {
                        #expect(try await stage.provesHealthy(session), "after \(code)")
                        await stage.end(session)
                    }
                }
            }
        }

        @Test(arguments: [1004, 1005, 1006, 1015, 999, 0] as [UInt16])
        func `a code that no close frame may carry breaks the protocol, and the session comes back`(
            code: UInt16
        ) async throws {
            try await FaultStage.run { stage in
                let session = await stage.session()
                try await session.connected()
                await stage.upstream.dropLinks(code: code)
                let failure = LinkFailure.closed(code: .protocolError, reason: "closed on purpose")
                #expect(await stage.nextFailure(session) == failure)
                #expect(try await stage.provesHealthy(session))
                #expect(await session.generation == 2)
                await stage.end(session)
            }
        }

        @Test func `a relay and its clients outlive every close code`() async throws {
            try await Stage.run([Stage.manual()]) { configuration in
                configuration.session.retryConnect = .constant(.milliseconds(1))
                configuration.session.fatalPause = .milliseconds(1)
                configuration.retrySubscribe = .constant(.milliseconds(1))
            } _: { stage in
                let peer = try await Peer.plain(stage)
                await stage.upstream.emit(1)
                #expect(try await peer.number() == 1)
                for (sequence, code) in zip(2..., Self.codes) as Zip2Sequence<PartialRangeFrom<UInt64>, [UInt16]> {
                    let before = await stage.upstream.statistics.operations.total
                    await stage.upstream.dropLinks(code: code)
                    _ = await stage.upstream.statistics { $0.operations.total > before && $0.operations.now == 1 }
                    await stage.upstream.emit(1)
                    #expect(try await peer.text("gap").number(after: #""sequence":"#) == sequence - 1, "after \(code)")
                    #expect(try await peer.text("event").number(after: #""sequence":"#) == sequence, "after \(code)")
                }
            }
        }
    }
}
