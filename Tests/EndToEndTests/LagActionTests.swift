import DemoUpstream
import Fanout
import FanoutRelay
import Testing

extension Loopback {
    /// Topics whose slow clients lose events instead of their connection.
    @Suite(.timeLimit(.minutes(1)))
    struct LagActionTests {
        private static func number(_ text: String) -> Int? {
            text.firstRange(of: #""sequence":"#).flatMap { Int(text[$0.upperBound...].prefix { $0.isNumber }) }
        }

        @Test(arguments: [TopicDefinition.LagAction.skip, .latest])
        func `a client that doesn't read for a while is told a gap and goes on`(
            action: TopicDefinition.LagAction
        ) async throws {
            var topic = try Stage.manual(bytes: 16_384)
            topic.lagAction = action
            try await Stage.run([topic]) { configuration in
                configuration.lag.bytes = 256 << 10
            } _: { stage in
                let slow = try await Peer.plain(stage, receiveBuffer: 4096)
                let witness = try await Peer.plain(stage)
                slow.pause()
                let count = 300
                for number in 1...count {
                    await stage.upstream.emit(1)
                    #expect(Self.number(try await witness.text("event")) == number)
                }
                slow.resume()
                var numbers: [Int] = []
                var gaps: [Int] = []
                while numbers.last != count {
                    let text = try await slow.text()
                    guard let number = Self.number(text) else { continue }
                    if text.contains(#""type":"gap""#) {
                        #expect(number == numbers.last ?? 0, "the gap follows the last event before it")
                        gaps.append(number)
                    } else {
                        #expect(number > numbers.last ?? 0)
                        // Only a gap excuses a jump.
                        if number != (numbers.last ?? 0) + 1 { #expect(gaps.last == numbers.last ?? 0) }
                        numbers.append(number)
                    }
                }
                #expect(!gaps.isEmpty)
                #expect(numbers.count < count)
                #expect(try await stage.metric("fanout_clients") == 2)
                #expect(try await stage.metric("fanout_slow_clients_total") > 0)
            }
        }
    }
}
