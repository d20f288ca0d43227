import DemoUpstream
import GraphQLSession
import Testing
import WebSockets

extension Loopback {
    /// What hundreds of links leave behind in one process: nothing.
    @Suite(.timeLimit(.minutes(1)))
    struct ReconnectTests {
        /// How a link, or an attempt at one, ends.
        enum Ending: CaseIterable {
            case cut, reset, closed, refused, closedBeforeAck
        }

        @Test(arguments: Ending.allCases)
        func `after 300 reconnects the loop has the handles that it had`(ending: Ending) async throws {
            try await FaultStage.run { stage in
                let session = await stage.session()
                var levels: [Int] = []
                for round in 1...300 as ClosedRange<UInt64> {
                    try await session.connected()
                    let subscription = try await stage.subscribe(session)
                    await Self.end(ending, on: stage)
                    await #expect(throws: SessionError.self) { for try await _ in subscription {} }
                    await stage.upstream.setFault(.none)
                    try await session.connected(after: round)
                    // The link before may take another turn of the loop to go.
                    if round == 10 || round == 300 {
                        _ = await stage.upstream.statistics { $0.sockets.now == 1 }
                        levels.append(await stage.level(below: levels.first))
                    }
                }
                // A few more are no leak: a timer made on first use, or a socket about to close. One for each link is.
                #expect(levels[1] < levels[0] + 10)
                await stage.end(session)
            }
        }

        private static func end(_ ending: Ending, on stage: FaultStage) async {
            let before = await stage.upstream.statistics.sockets.total
            switch ending {
            case .cut: await stage.upstream.dropLinks(code: nil)
            case .reset: await stage.upstream.resetLinks()
            case .closed: await stage.upstream.dropLinks(code: 1001)
            case .refused:
                await stage.upstream.setFault(.refuseUpgrade(status: 503))
                await stage.upstream.dropLinks(code: nil)
                _ = await stage.upstream.statistics { $0.sockets.now == 0 }
            case .closedBeforeAck:
                await stage.upstream.setFault(.closeBeforeAck(code: 1013))
                await stage.upstream.dropLinks(code: nil)
                _ = await stage.upstream.statistics { $0.sockets.total > before }
            }
        }
    }
}

extension FaultStage {
    /// The handles of the session's loop, as soon as they are no more than they were; or else after many turns.
    fileprivate func level(below known: Int?) async -> Int {
        var count = await handleCount()
        for _ in 0..<10_000 where known.map({ count > $0 }) ?? false { count = await handleCount() }
        return count
    }

    private func handleCount() async -> Int {
        await withCheckedContinuation { continuation in
            loop.execute { [loop] in continuation.resume(returning: loop.handleCount) }
        }
    }
}
