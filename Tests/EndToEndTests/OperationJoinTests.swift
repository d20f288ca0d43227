import DemoUpstream
import Fanout
import FanoutRelay
import Testing

extension Loopback {
    /// A client joins a topic by its operation, by whatever protocol it asks.
    @Suite(.timeLimit(.minutes(1)))
    struct OperationJoinTests {
        /// How a client asks, and what it is told first.
        enum Way: String, CaseIterable, CustomTestStringConvertible {
            case transport = "graphql-transport-ws"
            case legacy = "graphql-ws"
            case post, get
            var testDescription: String { rawValue }

            /// Asks with the members of a payload.
            func ask(_ payload: [(name: String, json: String)], _ peer: Peer) async throws {
                let members = payload.map { "\"\($0.name)\":\($0.json)" }.joined(separator: ",")
                switch self {
                case .transport, .legacy:
                    let start = self == .transport ? "subscribe" : "start"
                    let answer = try await peer.upgrade("/graphql", subprotocols: rawValue)
                    #expect(answer.status == 101)
                    peer.send(#"{"type":"connection_init"}"#)
                    _ = try await peer.text("connection_ack")
                    if self == .legacy { _ = try await peer.text("ka") }
                    peer.send(#"{"id":"1","type":"\#(start)","payload":{\#(members)}}"#)
                    try await peer.settle()
                case .post:
                    let body = "{\(members)}"
                    let head = "Content-Type: application/json\r\n"
                    _ = try await peer.openStream("POST", "/graphql", head, body)
                case .get:
                    let query = payload.map { member in
                        // A string stands for itself here.
                        let text =
                            member.name == "query" || member.name == "operationName"
                            ? String(member.json.dropFirst().dropLast()) : member.json
                        return "\(member.name)=" + Self.percentEncoded(text)
                    }
                    _ = try await peer.openStream("GET", "/graphql?" + query.joined(separator: "&"))
                }
            }

            /// What comes next: a result, or an error.
            func next(_ peer: Peer) async throws -> String {
                switch self {
                case .transport: return try await peer.text()
                case .legacy:
                    // Its sign of life comes whenever it is due.
                    while true {
                        let text = try await peer.text()
                        if text != #"{"type":"ka"}"# { return text }
                    }
                case .post, .get: return try await peer.event("next").data ?? ""
                }
            }

            private static func percentEncoded(_ text: String) -> String {
                text.utf8.map { byte in
                    let isPlain = (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte & 0xDF)
                    let hexadecimal = String(byte, radix: 16, uppercase: true)
                    return isPlain ? String(UnicodeScalar(byte)) : "%" + (byte < 16 ? "0" : "") + hexadecimal
                }.joined()
            }
        }

        private static let document = #""subscription { manual { n } }""#

        @Test(arguments: Way.allCases, 0..<4)
        func `extensions never decide it, whatever is allowed`(way: Way, flags: Int) async throws {
            try await Stage.run([Stage.manual()]) { configuration in
                configuration.demand.allowsAnySubscription = flags & 1 != 0
                configuration.allowsExecution = flags & 2 != 0
            } _: { stage in
                let peer = try Peer(port: stage.port)
                // What Apollo Client and urql send beside their document.
                let library =
                    #"{"clientLibrary":{"name":"@apollo/client","version":"4.0.9"},"persistedQuery":{"version":1}}"#
                try await way.ask([("query", Self.document), ("extensions", library)], peer)
                try await stage.metric("fanout_subscriptions", reaches: 1)
                await stage.upstream.emit(1)
                #expect(try await way.next(peer).contains(#"{"data":{"manual":{"n":1}}}"#))
                #expect(await stage.upstream.statistics.operations.total == 1)
            }
        }

        @Test(arguments: Way.allCases)
        func `a topic's name joins it where the document is empty`(way: Way) async throws {
            try await Stage.run([Stage.manual("other", bytes: 1), Stage.manual()]) { stage in
                let peer = try Peer(port: stage.port)
                let payload = [("query", #""""#), ("operationName", #""m""#), ("variables", "{}")]
                try await way.ask(payload, peer)
                try await stage.metric("fanout_subscriptions", reaches: 1)
                await stage.upstream.emit(1)
                #expect(try await way.next(peer).contains(#"{"data":{"manual":{"n":1}}}"#))
            }
        }

        /// Requests that name a topic and want something else, and what an answer says of it.
        private static let others: [(payload: [(name: String, json: String)], answer: String)] = [
            (
                [("query", #""subscription m { manual { n __typename } }""#), ("operationName", #""m""#)],
                #"the nearest is \"m\", but at line 1, column 14 `m` stands, where the topic has `{`"#
            ),
            (
                [("query", #""subscription { manual { n __typename } }""#)],
                #"the nearest is \"m\", but at line 1, column 27 `__typename` stands, where the topic has `}`"#
            ),
            (
                [("query", document), ("variables", #"{"room":1}"#)],
                #"the nearest is \"m\", but the variable \"room\" isn't one of the topic's"#
            ),
            (
                [("query", #""""#), ("operationName", #""m""#), ("variables", #"{"room":1}"#)],
                #"the topic \"m\" is asked for, but the variable \"room\" isn't one of the topic's"#
            ),
            (
                [("query", #""""#), ("operationName", #""nowhere""#)],
                #"no topic of this relay is named \"nowhere\""#
            ),
        ]

        @Test(arguments: Way.allCases)
        func `another operation is told the nearest topic and the first difference`(way: Way) async throws {
            try await Stage.run([Stage.manual("padded", bytes: 7), Stage.manual()]) { stage in
                for (payload, answer) in Self.others {
                    let peer = try Peer(port: stage.port)
                    try await way.ask(payload, peer)
                    let text = try await way.next(peer)
                    #expect(text.contains(answer), "\(text)")
                }
                #expect(try await stage.metric("fanout_subscriptions") == 0)
            }
        }

        @Test(arguments: Way.allCases)
        func `another operation under a topic's name is one of its own where that is allowed`(way: Way) async throws {
            try await Stage.run([Stage.manual()]) { configuration in
                configuration.demand.allowsAnySubscription = true
            } _: { stage in
                let peer = try Peer(port: stage.port)
                let query = #""subscription m { manual(payloadBytes: 3) { n padding } }""#
                try await way.ask([("query", query), ("operationName", #""m""#)], peer)
                _ = await stage.upstream.statistics { $0.operations.now == 2 }
                await stage.upstream.emit(1)
                #expect(try await way.next(peer).contains(#""padding":""#))
            }
        }
    }
}
