import Backoffs
import DemoUpstream
import FanoutRelay
import GraphQLSession
import Testing

extension Loopback {
    /// Clients' queries from their beginning until their answers are out.
    @Suite(.timeLimit(.minutes(1)))
    struct ExecutionTests {
        private static func post(_ query: String) -> [UInt8] {
            let body = #"{"query":"\#(query)"}"#
            let head = "POST /graphql HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            return Array("\(head)Content-Length: \(body.utf8.count)\r\n\r\n\(body)".utf8)
        }

        @Test func `a drain waits for the answer of a query that runs`() async throws {
            try await Stage.run([Stage.manual()]) { configuration in
                configuration.allowsExecution = true
                configuration.session.executeTimeout = .milliseconds(300)
                configuration.session.retryExecute = .off
            } _: { stage in
                try await stage.readiness(becomes: 200)
                await stage.upstream.setFault(.silent)
                let peer = try Peer(port: stage.port)
                peer.send(raw: Self.post("{ serverTime }"))
                try await stage.metric("fanout_executions", reaches: 1)
                async let drained: Void = stage.relay.drain(over: .zero)
                #expect(try await peer.head().hasPrefix("HTTP/1.1 504 "))
                await drained
            }
        }
    }
}
