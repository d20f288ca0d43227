import Logging
import Testing

@testable import FanoutRelay

struct TopicNewsTests {
    @Test func `one topic is named, with its reason`() {
        var news = TopicNews()
        news.add(.interrupted, topic: "a", reason: "cut", at: .zero)
        let line = TopicNews.Line(
            level: .info,
            message: "topic interrupted",
            metadata: ["topic": "a", "reason": "cut"]
        )
        #expect(news.take() == [line])
        #expect(news.take().isEmpty)
    }

    @Test func `many are one line for each kind, with the first of them`() {
        var news = TopicNews()
        for number in 1...1000 {
            news.add(.interrupted, topic: "i\(number)", reason: "cut", at: .zero)
            news.add(.resumed, topic: "r\(number)", at: .zero)
        }
        news.add(.refused, topic: "f", reason: "no", at: .zero)
        #expect(
            news.take() == [
                TopicNews.Line(
                    level: .info,
                    message: "topics interrupted",
                    metadata: ["topics": "1000", "first": "i1", "first_reason": "cut"]
                ),
                TopicNews.Line(
                    level: .error,
                    message: "the upstream refuses the operation of the topic; it is tried again",
                    metadata: ["topic": "f", "reason": "no"]
                ),
                TopicNews.Line(level: .info, message: "topics resumed", metadata: ["topics": "1000", "first": "r1"]),
            ]
        )
    }

    @Test func `lines wait for a moment of calm, but not for ever`() {
        var news = TopicNews()
        #expect(news.due == nil)
        news.add(.resumed, topic: "a", at: .seconds(5))
        #expect(news.due == .milliseconds(5_100))
        news.add(.resumed, topic: "b", at: .milliseconds(5_090))
        #expect(news.due == .milliseconds(5_190))
        for step in 1...20 { news.add(.resumed, topic: "c", at: .milliseconds(5_090 + 90 * step)) }
        #expect(news.due == .seconds(6))
        _ = news.take()
        #expect(news.due == nil)
    }
}
