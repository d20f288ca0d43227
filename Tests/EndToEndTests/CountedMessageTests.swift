import FanoutRelay
import Testing

extension Loopback {
    /// Messages that nothing else shows, in the metrics.
    @Suite(.timeLimit(.minutes(1)))
    struct CountedMessageTests {
        @Test func `what clients have begun to send counts until it is whole, given up, or nobody's any more`()
            async throws
        {
            try await Stage.run([Stage.manual()]) { configuration in
                configuration.admission.maximumMessageSize = Self.largest
                configuration.admission.maximumGatheredBytes = 2 * Self.largest
            } _: { stage in
                let size = try await Self.gather(stage)
                // The three together are too much: the largest goes.
                let peers = try await [size - 100, size - 50, size - 10].asyncMap { size in
                    let peer = try await Peer.opened(stage)
                    peer.send(raw: Self.beginning(size))
                    return peer
                }
                let givenUp = "fanout_gathered_given_up_total"
                while try await stage.metric(givenUp) == 0 { try Task.checkCancellation() }
                #expect(try await stage.metric("fanout_gathered_bytes") > 0)
                var closes: UInt64 = 0
                for peer in peers {
                    peer.finishSending()
                    if await peer.closing() == .close(1013, "Too much is being sent by all: try again later") {
                        closes += 1
                    }
                }
                #expect(try await stage.metric(givenUp) == closes)
                #expect(closes < 3)
                try await stage.metric("fanout_gathered_bytes", reaches: 0)
            }
        }

        /// One message in two frames counts and stops counting; returns what one may take.
        private static func gather(_ stage: Stage) async throws -> Int {
            let peer = try await Peer.graphQL(stage)
            #expect(try await stage.metric("fanout_gathered_bytes") == 0)
            peer.send(raw: beginning(5000))
            while try await stage.metric("fanout_gathered_bytes") < 5000 { try Task.checkCancellation() }
            peer.send(raw: continuation(Array(#"","type":"ping"}"#.utf8)))
            #expect(await peer.next() == .text(#"{"type":"pong"}"#))
            try await stage.metric("fanout_gathered_bytes", reaches: 0)
            return largest
        }

        private static let largest = 64 * 1024

        private static func beginning(_ size: Int) -> [UInt8] {
            let head = Array(#"{"x":""#.utf8)
            var frame = PeerFrame.masked(1, head + [UInt8](repeating: 0x78, count: size - head.count))
            frame[0] &= 0x7F
            return frame
        }

        private static func continuation(_ payload: [UInt8]) -> [UInt8] { PeerFrame.masked(0, payload) }

        @Test func `a message of the upstream that has no effect is counted, and its link stays`() async throws {
            let topics = [try PickyStage.topic("news")]
            try await PickyStage.run(topics) { _ in
                .messages([
                    #"{"type":"start_ack","id":"1"}"#, #"{"type":"next","id":"stranger","payload":{"data":{}}}"#,
                ])
            } _: { stage in
                try await stage.page("/metrics", holds: "\nfanout_upstream_ignored_messages_total 2\n")
                #expect(await stage.upstream.links == 1)
            }
        }
    }
}

extension Array where Element: Sendable {
    fileprivate func asyncMap<Value>(_ body: (Element) async throws -> Value) async rethrows -> [Value] {
        var values: [Value] = []
        for element in self { values.append(try await body(element)) }
        return values
    }
}
