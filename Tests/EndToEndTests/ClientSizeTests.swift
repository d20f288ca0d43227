import DemoUpstream
import Fanout
import FanoutRelay
import Testing

extension Loopback {
    /// How large what a client sends may be, and what may stand in it.
    @Suite(.timeLimit(.minutes(1)))
    struct ClientSizeTests {
        private static let json = "Content-Type: application/json\r\n"

        /// A message or body of so many bytes, which asks for the time.
        private static func query(_ size: Int, id: String? = nil) -> String {
            let start = id.map { #"{"id":"\#($0)","type":"subscribe","payload":{"query":"{ serverTime }"},"pad":""# }
            let text = start ?? #"{"query":"{ serverTime }","pad":""#
            return text + String(repeating: "x", count: size - text.utf8.count - 2) + #""}"#
        }

        @Test func `where clients may execute, a message has up to 1 MiB, and one byte more closes 1009`() async throws
        {
            try await Stage.run([Stage.manual()]) { configuration in
                configuration.allowsExecution = true
            } _: { stage in
                try await stage.readiness(becomes: 200)
                let peer = try await Peer.graphQL(stage)
                peer.send(Self.query(1 << 20, id: "1"))
                #expect(try await peer.text().contains(#""type":"next","payload":{"data":{"serverTime":"#))
                #expect(try await peer.text() == #"{"id":"1","type":"complete"}"#)
                peer.send(Self.query(1 << 20 + 1, id: "2"))
                #expect(await peer.closing() == .close(1009, "Message too big"))
            }
        }

        @Test func `where they may not, it has up to 64 KiB`() async throws {
            try await Stage.run([Stage.manual()]) { stage in
                let peer = try await Peer.graphQL(stage)
                peer.send(Self.query(64 << 10, id: "1"))
                #expect(try await peer.text().contains("serves subscriptions only"))
                peer.send(Self.query(64 << 10 + 1, id: "2"))
                #expect(await peer.closing() == .close(1009, "Message too big"))
            }
        }

        @Test func `a body has up to 1 MiB where clients may execute, and one byte more is 413`() async throws {
            try await Stage.run([Stage.manual()]) { configuration in
                configuration.allowsExecution = true
            } _: { stage in
                try await stage.readiness(becomes: 200)
                let answer = try await Peer(port: stage.port).post(
                    "/graphql",
                    Self.query(1 << 20),
                    headers: Self.json
                )
                #expect(answer.status == 200)
                #expect(answer.body.hasPrefix(#"{"data":{"serverTime":"#))
                let head = "POST /graphql HTTP/1.1\r\nHost: localhost\r\nContent-Length: \(1 << 20 + 1)\r\n"
                let peer = try Peer(port: stage.port)
                peer.send(raw: Array("\(head)\(Self.json)\r\n".utf8))
                #expect(try await peer.head().hasPrefix("HTTP/1.1 413 "))
            }
        }

        @Test(arguments: ["graphql-transport-ws", "graphql-ws"])
        func `an id has up to 1 KiB`(subprotocol: String) async throws {
            try await Stage.run([Stage.manual()]) { stage in
                let peer = try await Peer.acknowledged(stage, subprotocol)
                let isLegacy = subprotocol == "graphql-ws"
                _ = try await peer.text("connection_ack")
                if isLegacy { _ = try await peer.text("ka") }
                let (type, id) = (isLegacy ? "start" : "subscribe", String(repeating: "i", count: 1024))
                for id in [id, id + "i"] {
                    peer.send(
                        #"{"id":"\#(id)","type":"\#(type)","payload":{"query":"subscription { manual { n } }"}}"#
                    )
                }
                if isLegacy {
                    #expect(try await peer.text("connection_error").contains("the id is missing, empty, too long"))
                    await stage.upstream.emit(1)
                    #expect(try await peer.texts(of: id, through: #""n":1"#).count == 1)
                } else {
                    guard case .close(4400, let reason)? = await peer.closing() else {
                        Issue.record("not closed with 4400")
                        return
                    }
                    #expect(reason.contains("too long"))
                }
            }
        }

        @Test func `half a surrogate pair is refused in words, over WebSockets and over HTTP`() async throws {
            try await Stage.run([Stage.manual()]) { configuration in
                configuration.demand.allowsAnySubscription = true
                configuration.allowsExecution = true
            } _: { stage in
                let peer = try await Peer.graphQL(stage)
                for (id, payload, words) in [
                    ("1", #"{"query":"subscription { a(s: \"\\uD83D\") }"}"#, "a lone surrogate"),
                    ("2", #"{"query":"subscription { a(s: \"\uD83D\") }"}"#, "query has a lone surrogate"),
                    ("3", #"{"query":"{ a }","variables":{"v":"\uDE00"}}"#, "variables has a lone surrogate"),
                ] {
                    peer.send(#"{"id":"\#(id)","type":"subscribe","payload":\#(payload)}"#)
                    let text = try await peer.text()
                    #expect(text.hasPrefix(#"{"id":"\#(id)","type":"error""#) && text.contains(words))
                    let answer = try await Peer(port: stage.port).post("/graphql", payload, headers: Self.json)
                    #expect(answer.status == 400 || answer.body.contains("errors"))
                    #expect(answer.body.contains(words))
                    // To who takes events only, a document's error is an event.
                    let accept = Self.json + "Accept: text/event-stream\r\n"
                    let events = try await Peer(port: stage.port).post("/graphql", payload, headers: accept)
                    #expect(events.body.contains(words))
                    if id == "1" { #expect(events.status == 200 && events.body.hasPrefix("event: next\ndata: ")) }
                }
                let path = "/graphql?query=%7B%20a%20%7D&variables=%7B%22v%22%3A%22%5CuDE00%22%7D"
                let answer = try await stage.get(path)
                #expect(answer.status == 400 && answer.body.contains("variables has a lone surrogate"))
                #expect(await stage.upstream.statistics.operations.total == 1)
            }
        }
    }
}
