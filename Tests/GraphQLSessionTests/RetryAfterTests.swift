import Testing

@testable import GraphQLSession

/// What a server asks for when it refuses the upgrade.
@Suite(.timeLimit(.minutes(1)))
struct RetryAfterTests {
    @Test(arguments: [
        (429, "Retry-After: 120\r\n", 120, 132), (503, "retry-after:  2\r\n", 2, 3),
        (301, "Location: /\r\nRetry-After: 7\r\n", 7, 8), (503, "Retry-After: soon\r\n", 0, 1),
        (503, "Retry-After: Sat, 01 Jan 2000 00:00:00 GMT\r\n", 0, 1),
        (503, "Retry-After: Fri, 31 Dec 9999 23:59:59 GMT\r\n", 3_600, 3_960), (503, "", 0, 1),
    ])
    func `the next attempt waits at least as long as the server asks`(
        status: Int,
        header: String,
        least: Int,
        most: Int
    ) async throws {
        try await Stage.runBare { stage, server in
            await stage.session.start()
            let link = try await server.accept()
            _ = try await link.receiveHead()
            try await link.answer(status, "text/plain", "", headers: header)
            for await case .disconnected(let failure, let wait) in stage.session.events {
                guard case .unreachable(_, status, _) = failure else {
                    Issue.record("\(failure)")
                    return
                }
                #expect((Duration.seconds(least)...Duration.seconds(most)).contains(wait), "\(failure)")
                return
            }
        }
    }

    @Test func `a session comes back when the wait is over`() async throws {
        try await Stage.runBare { stage, server in
            await stage.session.start()
            let link = try await server.accept()
            _ = try await link.receiveHead()
            let start = ContinuousClock.now
            try await link.answer(503, "text/plain", "", headers: "Retry-After: 1\r\n")
            _ = try await server.acknowledge()
            #expect(ContinuousClock.now - start >= .milliseconds(950))
            try await stage.session.connected()
        }
    }
}
