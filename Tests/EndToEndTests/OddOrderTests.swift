import FanoutRelay
import Testing

extension Loopback {
    /// Outages, refusals and events in any order, and a client with tokens that is away at each of them.
    @Suite(.timeLimit(.minutes(1)))
    struct OddOrderTests {
        enum Step: CustomStringConvertible {
            case event
            /// The link is cut.
            case cut
            /// The server completes the operation.
            case complete
            /// It ends with an error, and is refused until it is taken again.
            case refused
            /// The link is cut, and on the next one the operation is refused, until it is taken again.
            case cutAndRefused

            var description: String {
                switch self {
                case .event: "event"
                case .cut: "cut"
                case .complete: "complete"
                case .refused: "refused"
                case .cutAndRefused: "cut and refused"
                }
            }
        }

        private static let topic = "news"
        private static let query = "subscription { news }"

        private static func take(_ step: Step, _ number: UInt64, _ upstream: PickyUpstream) async {
            let before = await upstream.operations.count
            switch step {
            case .event: return await upstream.send(#"{"data":{"n":\#(number)}}"#, to: topic)
            case .cut: await upstream.cut()
            case .complete: await upstream.end(topic)
            case .refused, .cutAndRefused:
                await upstream.answer { _ in .error("starting") }
                if case .refused = step { await upstream.end(topic, error: "starting") } else { await upstream.cut() }
                await upstream.wait { $0.operations.count >= before + 2 }
                await upstream.answer { _ in .silence }
            }
            await upstream.wait { $0.operations.count > before }
        }

        @Test(
            arguments: [
                [.cut, .event], [.cut, .cut, .event], [.complete, .cut, .event], [.cutAndRefused, .event],
                [.cut, .cutAndRefused, .cut, .event, .cut], [.event, .refused, .event],
                [.event, .refused, .cut, .event],
                [.event, .cut, .complete, .event, .event, .cutAndRefused, .event],
            ] as [[Step]]
        )
        func `each loss is told once to who is there, and to who comes back with a token from before it`(
            steps: [Step]
        ) async throws {
            try await PickyStage.run([PickyStage.topic(Self.topic)]) {
                $0.shards = 2
            } reply: { _ in
                .silence
            } _: { stage in
                try await stage.page("/metrics", holds: "fanout_topic_live{topic=\"news\"} 1\n")
                let plain = try await Peer.plain(at: stage.port, "/topics/news")
                let stream = try Peer(port: stage.port)
                _ = try await stream.openStream("GET", "/topics/news")
                try await stream.greeting()
                var token = ""
                do {
                    let opening = try await Peer.tokens(at: stage.port).open("1", Self.query)
                    token = try #require(Self.token(of: opening))
                }
                var (number, gaps, isBehindGap) = (UInt64(0), 0, false)
                for step in steps {
                    if step == .event { number += 1 } else { gaps += 1 }
                    await Self.take(step, number, stage.upstream)
                    if step == .event {
                        try await stage.page("/metrics", holds: "fanout_topic_events_total{topic=\"news\"} \(number)\n")
                    } else {
                        try await stage.page("/metrics", holds: "fanout_topic_gaps_total{topic=\"news\"} \(gaps)\n")
                        try await stage.page("/metrics", holds: "fanout_topic_live{topic=\"news\"} 1\n")
                        isBehindGap = true
                    }
                    let again = try await Peer.tokens(at: stage.port)
                    let opening = try await again.open("1", Self.query, relay: #"{"after":"\#(token)"}"#)
                    #expect(Self.token(of: opening) == token && !opening.contains("gap"))
                    var text = try await again.text()
                    if isBehindGap { #expect(text.contains(#""gap":{"after":"\#(token)","#), "\(step): \(text)") }
                    guard step == .event else { continue }
                    while text.contains(#""gap":{"#) { text = try await again.text() }
                    #expect(text.number(after: #""n":"#) == number)
                    token = try #require(Self.token(of: text))
                    isBehindGap = false
                }
                let expected = Self.story(steps)
                var told: [String] = []
                while told.count < expected.count {
                    let text = try await plain.text()
                    guard let sequence = text.number(after: #""sequence":"#) else { continue }
                    told.append(text.contains(#""type":"gap""#) ? "gap \(sequence)" : "event \(sequence)")
                }
                #expect(told == expected)
                told = []
                while told.count < expected.count {
                    let event = try await stream.block()
                    guard event.data != nil, ["", "gap"].contains(event.name) else { continue }
                    told.append("\(event.name.isEmpty ? "event" : "gap") \(event.sequence ?? 99)")
                }
                #expect(told == expected)
                try await plain.settle()
                #expect(!plain.pending.contains { "\($0)".contains("gap") })
            }
        }

        private static func story(_ steps: [Step]) -> [String] {
            var number = 0
            return steps.map { step in
                if step == .event { number += 1 }
                return "\(step == .event ? "event" : "gap") \(number)"
            }
        }

        private static func token(of text: String) -> String? {
            text.firstRange(of: #""token":""#).map { String(text[$0.upperBound...].prefix { $0 != "\"" }) }
        }
    }
}
