import FanoutRelay
import Testing

extension Loopback {
    /// Clients that leave while their answers are awaited.
    @Suite(.timeLimit(.minutes(1)))
    struct LeavingClientTests {
        private static func post(_ query: String, version: String = "1.1") -> [UInt8] {
            let body = #"{"query":"\#(query)"}"#
            let head = "POST /graphql HTTP/\(version)\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            return Array("\(head)Content-Length: \(body.utf8.count)\r\n\r\n\(body)".utf8)
        }

        private static func get(_ query: String) -> [UInt8] {
            Array("GET /graphql?query=\(query) HTTP/1.1\r\nHost: localhost\r\n\r\n".utf8)
        }

        private static func subscribe(_ id: String, _ query: String) -> String {
            #"{"id":"\#(id)","type":"subscribe","payload":{"query":"\#(query)"}}"#
        }

        @Test(arguments: [post("{ silence }"), post("{ silence }", version: "1.0"), get("%7Bsilence%7D")])
        func `a query whose client has gone is cancelled at the server, at once`(request: [UInt8]) async throws {
            try await Stage.scripted { stage, upstream in
                var peer: Peer? = try Peer(port: stage.port)
                peer?.send(raw: request)
                while await upstream.operations == 0 { await Task.yield() }
                peer = nil
                withExtendedLifetime(peer) {}
                try await stage.metric("fanout_executions_abandoned_total", reaches: 1)
                while await upstream.completed == 0 { await Task.yield() }
                try await stage.metric("fanout_executions", reaches: 0)
            }
        }

        @Test func `a mutation whose client has gone goes on, and keeps its place`() async throws {
            try await Stage.scripted { stage, upstream in
                var peer: Peer? = try Peer(port: stage.port)
                peer?.send(raw: Self.post("mutation { silence }"))
                while await upstream.operations == 0 { await Task.yield() }
                peer = nil
                withExtendedLifetime(peer) {}
                try await stage.metric("fanout_executions_abandoned_total", reaches: 1)
                #expect(try await stage.metric("fanout_executions") == 1)
                // Once it has its result, it may be completed from this side before the server's word comes.
                #expect(await upstream.completed == 0)
                await upstream.answerSilent()
                try await stage.metric("fanout_executions", reaches: 0)
            }
        }

        @Test func `a client that only ends its side of the stream gets its answer`() async throws {
            try await Stage.scripted { stage, upstream in
                let peer = try Peer(port: stage.port)
                peer.send(raw: Self.post("{ silence }"))
                while await upstream.operations == 0 { await Task.yield() }
                peer.finishSending()
                #expect(try await peer.head() == "HTTP/1.1 100 Continue\r\n\r\n")
                #expect(try await stage.metric("fanout_executions") == 1)
                await upstream.answerSilent()
                #expect(try await peer.head().hasPrefix("HTTP/1.1 200 OK\r\n"))
                #expect(try await peer.text(through: "}}") == #"{"data":{"n":1}}"#)
                #expect(try await stage.metric("fanout_executions_abandoned_total") == 0)
            }
        }

        @Test func `a client that ends its side first and leaves after is noticed as well`() async throws {
            try await Stage.scripted { stage, upstream in
                var peer: Peer? = try Peer(port: stage.port)
                peer?.send(raw: Self.post("{ silence }"))
                while await upstream.operations == 0 { await Task.yield() }
                peer?.finishSending()
                #expect(try await peer?.head() == "HTTP/1.1 100 Continue\r\n\r\n")
                peer?.reset()
                peer = nil
                try await stage.metric("fanout_executions_abandoned_total", reaches: 1)
                while await upstream.completed == 0 { await Task.yield() }
            }
        }

        @Test(arguments: [true, false])
        func `a WebSocket client that leaves, or completes, cancels its query`(leaves: Bool) async throws {
            try await Stage.scripted { stage, upstream in
                var peer: Peer? = try await Peer.graphQL(stage)
                peer?.send(Self.subscribe("1", "{ silence }"))
                while await upstream.operations == 0 { await Task.yield() }
                if leaves { peer = nil } else { peer?.send(#"{"id":"1","type":"complete"}"#) }
                while await upstream.completed == 0 { await Task.yield() }
                try await stage.metric("fanout_executions", reaches: 0)
                withExtendedLifetime(peer) {}
            }
        }

        @Test func `a WebSocket client that leaves its mutation doesn't cancel it`() async throws {
            try await Stage.scripted { stage, upstream in
                let peer = try await Peer.graphQL(stage)
                peer.send(Self.subscribe("1", "mutation { silence }"))
                while await upstream.operations == 0 { await Task.yield() }
                peer.send(#"{"id":"1","type":"complete"}"#)
                try await stage.metric("fanout_executions_abandoned_total", reaches: 1)
                #expect(try await stage.metric("fanout_executions") == 1)
                // Once it has its result, it may be completed from this side before the server's word comes.
                #expect(await upstream.completed == 0)
                await upstream.answerSilent()
                try await stage.metric("fanout_executions", reaches: 0)
            }
        }
    }
}
