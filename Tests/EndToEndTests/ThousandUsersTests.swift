import AccessTokens
import Fanout
import FanoutRelay
import Testing

extension Loopback {
    /// Each user has a topic of their own, and nobody gets another's.
    @Suite(.timeLimit(.minutes(3)))
    struct ThousandUsersTests {
        private static let count = 1_000
        private static let query = OrdersUpstream.orders.replacing("\n", with: "\\n")

        /// A way to ask for one's own orders.
        private enum Door: Int, CaseIterable {
            case text, legacy, hash, name, path, stream, graphQLStream

            init(of number: Int) { self = Self.allCases[number % Self.allCases.count] }

            var isStream: Bool { self == .stream || self == .graphQLStream }
        }

        /// A client that has asked for its user's orders.
        private static func enter(_ number: Int, _ stage: Stage) async throws -> Peer {
            let token = Stage.userToken(number)
            let headers = "Authorization: Bearer \(token)\r\n"
            switch Door(of: number) {
            case .text:
                let peer = try await stage.user(token)
                peer.send(#"{"id":"1","type":"subscribe","payload":{"query":"\#(query)"}}"#)
                return peer
            case .legacy:
                let peer = try await stage.user(token, legacy: true)
                let variables = #"{"userId":"u\#(number)"}"#
                peer.send(#"{"id":"1","type":"start","payload":{"query":"\#(query)","variables":\#(variables)}}"#)
                return peer
            case .hash:
                let peer = try await stage.user(token)
                let hash = SHA256Hash.hexadecimal(of: Array(OrdersUpstream.orders.utf8))
                let persisted = #"{"version":1,"sha256Hash":"\#(String(decoding: hash, as: UTF8.self))"}"#
                peer.send(#"{"id":"1","type":"subscribe","payload":{"extensions":{"persistedQuery":\#(persisted)}}}"#)
                return peer
            case .name:
                let peer = try await stage.user(token)
                peer.send(#"{"id":"1","type":"subscribe","payload":{"query":"","operationName":"orders"}}"#)
                return peer
            case .path:
                let peer = try stage.connect()
                #expect(try await peer.upgrade("/topics/orders", headers: headers).status == 101)
                return peer
            case .stream: return try await Peer.stream(stage, "/topics/orders", headers: headers)
            case .graphQLStream:
                let query = "subscription%20Orders(%24userId:ID!)%7Borders(userId:%24userId)%7BuserId%20n%7D%7D"
                return try await Peer.stream(stage, "/graphql?query=\(query)", headers: headers)
            }
        }

        /// The next event of a client, whatever it speaks.
        private static func order(_ number: Int, _ peer: Peer) async throws -> (user: String, number: UInt64) {
            guard Door(of: number).isStream else { return try await peer.order() }
            let event = try await peer.event(Door(of: number) == .graphQLStream ? "next" : "")
            return try #require(Peer.order(in: event.data ?? ""), "\(event)")
        }

        @Test func `a thousand users have a thousand topics, and nobody sees another's event`() async throws {
            try await Stage.orders(users: Self.count, shards: 2) {
                $0.demand.maximumTopics = 2 * Self.count
            } _: { stage, upstream in
                var peers: [Peer] = []
                for number in 1...Self.count { peers.append(try await Self.enter(number, stage)) }
                await upstream.runs(Self.count)
                #expect(Set(await upstream.users) == Set((1...Self.count).map { "u\($0)" }))
                #expect(await upstream.requests.allSatisfy { $0.query == OrdersUpstream.orders })
                await upstream.emit()
                for (index, peer) in peers.enumerated() {
                    #expect(try await Self.order(index + 1, peer) == ("u\(index + 1)", 1))
                }
                // Each tries to get its neighbour's in one way, on the connection that it has.
                for (index, peer) in peers.enumerated() {
                    let door = Door(of: index + 1)
                    guard [.text, .legacy, .hash, .name].contains(door) else { continue }
                    let attempt = BoundAttempt.all[index / Door.allCases.count % BoundAttempt.all.count]
                    let payload = attempt.payload(of: "u\(index + 1)", for: "u\((index + 1) % Self.count + 1)")
                    let type = door == .legacy ? "start" : "subscribe"
                    peer.send(#"{"id":"2","type":"\#(type)","payload":\#(payload)}"#)
                    let answer = try await peer.text()
                    #expect(answer.contains(#""type":"error""#), "\(attempt): \(answer)")
                }
                await upstream.emit()
                for (index, peer) in peers.enumerated() {
                    #expect(try await Self.order(index + 1, peer) == ("u\(index + 1)", 2))
                }
                #expect(await upstream.users.count == Self.count)
                #expect(await upstream.requests.count == Self.count)
            }
        }
    }
}
