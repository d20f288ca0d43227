import Testing

@testable import DemoUpstream

struct FeedTests {
    private func tick(_ interval: Duration, burst: Int = 1) -> Feed {
        Feed(.tick(interval: interval, payload: 0, burst: burst), seed: 1, now: .seconds(10))
    }

    @Test func `bursts are due at whole intervals however late they are taken`() {
        let feed = tick(.milliseconds(100))
        #expect(!feed.takeDue(.seconds(10)))
        #expect(feed.wait(from: .seconds(10)) == .milliseconds(100))
        #expect(feed.takeDue(.milliseconds(10_130)))
        #expect(feed.wait(from: .milliseconds(10_130)) == .milliseconds(70))
        #expect(!feed.takeDue(.milliseconds(10_199)))
        #expect(feed.takeDue(.milliseconds(10_310)))
        #expect(feed.takeDue(.milliseconds(10_310)))
        #expect(!feed.takeDue(.milliseconds(10_310)))
    }

    @Test func `what nobody waited for is skipped up to the next interval`() {
        let feed = tick(.milliseconds(100))
        feed.skip(to: .milliseconds(10_050))
        #expect(feed.wait(from: .milliseconds(10_050)) == .milliseconds(50))
        feed.skip(to: .milliseconds(10_350))
        #expect(feed.wait(from: .milliseconds(10_350)) == .milliseconds(50))
        feed.skip(to: .milliseconds(10_400))
        #expect(feed.wait(from: .milliseconds(10_400)) == .milliseconds(100))
    }

    @Test func `the numbers of skipped bursts are left out, and no number is when nothing was due`() {
        let feed = tick(.milliseconds(100), burst: 5)
        feed.skip(to: .milliseconds(10_099))
        #expect(feed.number == 0)
        feed.skip(to: .milliseconds(10_350))
        #expect(feed.number == 15)
        var touched: [Link] = []
        _ = feed.produce(5, touched: &touched)
        #expect(feed.number == 20)
    }

    @Test func `a countdown is over after 0 and makes no event more`() {
        let feed = Feed(.countdown(from: 2, interval: .milliseconds(50)), seed: 1, now: .zero)
        var touched: [Link] = []
        _ = feed.produce(2, touched: &touched)
        #expect(!feed.isOver)
        _ = feed.produce(5, touched: &touched)
        #expect(feed.isOver && touched.isEmpty)
    }

    @Test func `equal seeds make equal prices, in turns and within bounds`() {
        var one = PriceWalk(symbols: ["A", "B"], seed: 7)
        var same = PriceWalk(symbols: ["A", "B"], seed: 7)
        var other = PriceWalk(symbols: ["A", "B"], seed: 8)
        var differences = 0
        for step in 0..<2_000 {
            let (price, equal, different) = (one.next(), same.next(), other.next())
            #expect(price == equal && price.symbol == (step % 2 == 0 ? "A" : "B"))
            #expect((100...10_000_000).contains(price.cents))
            if price != different { differences += 1 }
        }
        #expect(differences > 0)
    }
}
