import Backoffs
import Testing

@testable import GraphQLSession

/// The time that one call may take over a link.
@Suite(.timeLimit(.minutes(1)))
struct CallTimeoutTests {
    private func execute(_ stage: Stage, _ query: String) -> Task<ExecutionResult, any Error> {
        Task { [session = stage.session] in
            try await session.execute(GraphQLRequest(query: query), timeout: .milliseconds(100))
        }
    }

    @Test func `a call without an answer ends, is completed, and isn't tried again`() async throws {
        let tries = Counter()
        try await Stage.run {
            $0.executeTimeout = nil
            $0.retryExecute = .constant(.milliseconds(1)).observed(onRetry: { _ in tries.next() })
        } _: { stage, server in
            await stage.session.start()
            let link = try await server.nextAcknowledgedLink()
            await #expect(throws: SessionError.timedOut) { try await execute(stage, "{ n }").value }
            let error = await #expect(throws: SessionError.self) { try await execute(stage, "mutation { n }").value }
            guard case .outcomeUnknown = error else {
                Issue.record("\(String(describing: error))")
                return
            }
            #expect(tries.count == 0)
            for _ in 0..<2 {
                let id = try await link.nextOperation()
                #expect(await link.next() == .text(Wire.complete(id)))
            }
        }
    }

    @Test func `a call waits no longer for a link`() async throws {
        try await Stage.run { stage, server in
            await stage.session.start()
            _ = try await server.nextLink()
            await #expect(throws: SessionError.waitedTooLong) { try await execute(stage, "{ n }").value }
        }
    }

    @Test func `a pause that would take longer is not begun, and the last error is thrown`() async throws {
        try await Stage.run {
            $0.retryExecute = .constant(.seconds(3600))
        } _: { stage, server in
            await stage.session.start()
            let link = try await server.nextAcknowledgedLink()
            let call = Task { [session = stage.session] in
                try await session.execute(GraphQLRequest(query: "{ n }"), timeout: .seconds(600))
            }
            _ = try await link.nextOperation()
            link.cut()
            let error = await #expect(throws: SessionError.self) { try await call.value }
            guard case .linkLost = error else {
                Issue.record("\(String(describing: error))")
                return
            }
        }
    }

    @Test func `a call in time is answered, and headers have no place in it`() async throws {
        try await Stage.run { stage, server in
            await stage.session.start()
            let link = try await server.nextAcknowledgedLink()
            let call = Task { [session = stage.session] in
                try await session.execute(GraphQLRequest(query: "{ n }"), timeout: .seconds(600))
            }
            let id = try await link.nextOperation()
            link.send([Wire.next(id, 1), Wire.complete(id)])
            #expect(try await call.value.text == Wire.payload(1))
            await #expect(throws: SessionError.headersNeedHTTP) {
                try await stage.session.execute(GraphQLRequest(query: "{ n }"), headers: [(name: "A", value: "b")])
            }
        }
    }
}
