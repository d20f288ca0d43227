import TestSupport
import Testing

@testable import FanoutLoad

@Suite struct RecentEventsTests {
    static let text = Array(#"{"type":"event","epoch":"e","sequence":7,"payload":{"at":5}}"#.utf8)
    static let event = ParsedEvent(number: 7, epoch: 25..<26, time: 5000)

    @Test func `a text is known by every one of its bytes`() {
        var recent = RecentEvents()
        #expect(recent.event(7, with: Self.text.span) == nil)
        recent.add(Self.event, with: Self.text.span)
        #expect(recent.event(7, with: Self.text.span) == Self.event)
        let changed = Self.text.indices.map { index in
            var text = Self.text
            text[index] ^= 1
            return text
        }
        for other in changed + [Self.text.dropLast(), Self.text + [32], []] {
            #expect(recent.event(7, with: other.span) == nil)
        }
        #expect(recent.event(8, with: Self.text.span) == nil)
        #expect(recent.event(nil, with: Self.text.span) == nil)
    }

    @Test func `an event gives way to the next in its place`() {
        var recent = RecentEvents()
        recent.add(Self.event, with: Self.text.span)
        let other = Array(#"{"type":"event","epoch":"e","sequence":1031,"payload":{}}"#.utf8)
        recent.add(ParsedEvent(number: 7 + Int64(RecentEvents.capacity)), with: other.span)
        #expect(recent.event(7, with: Self.text.span) == nil)
        #expect(recent.event(7 + Int64(RecentEvents.capacity), with: other.span) != nil)
    }

    @Test(arguments: [.min, -1, 0, .max] as [Int64])
    func `any number has a place`(number: Int64) {
        var recent = RecentEvents()
        recent.add(ParsedEvent(number: number), with: Self.text.span)
        #expect(recent.event(number, with: Self.text.span)?.number == number)
    }

    @Test func `what has no number or is too long is not kept`() {
        var recent = RecentEvents()
        recent.add(ParsedEvent(time: 5000), with: Self.text.span)
        #expect(recent.event(0, with: Self.text.span) == nil)
        for (length, isKept) in [(RecentEvents.usualLongest, true), (RecentEvents.usualLongest + 1, false)] {
            let long = [UInt8](repeating: 120, count: length)
            recent.add(ParsedEvent(number: 9), with: long.span)
            #expect((recent.event(9, with: long.span) != nil) == isKept)
        }
    }

    @Test(arguments: [ClientProtocol.plain, .payload, .graphql], [1, 2, 3] as [UInt64])
    func `streams full of faults are judged alike whether texts are kept or not`(
        clientProtocol: ClientProtocol,
        seed: UInt64
    ) throws {
        var generator = SplitMix(seed: seed)
        let events = (0..<400).map { FaultyStream.event(clientProtocol, $0, using: &generator) }
        var (cached, parsed) = (FaultyStream.measurements(), FaultyStream.measurements())
        parsed.recent = RecentEvents(longest: 0)
        var readers = try (0..<6).map { number in
            try FaultyStream.Reader(clientProtocol, number: number, events, using: &generator)
        }
        var known = 0
        // As in a run, each reader in turn gets a few events.
        while readers.contains(where: { !$0.texts.isEmpty }) {
            for index in readers.indices {
                for _ in 0..<Int.random(in: 10...20, using: &generator) {
                    guard let text = readers[index].texts.popFirst() else { break }
                    known += readers[index].isKnown(text, in: cached) ? 1 : 0
                    readers[index].take(text, &cached, &parsed)
                }
            }
        }
        var sum = SequenceTracker.Counts()
        for reader in readers {
            #expect(FaultyStream.state(of: reader.client) == FaultyStream.state(of: reader.twin))
            sum += reader.client.tracker.counts
        }
        #expect(readers[0].client.tracker.counts.lost == 0)
        #expect(sum.lost > 0 && sum.duplicated > 0 && sum.reordered > 0)
        #expect((sum.gaps > 0 && sum.restarts > 0) == (clientProtocol == .plain))
        #expect(known > 400)
        #expect(cached.events == parsed.events)
        #expect(cached.eventBytes == parsed.eventBytes)
        #expect(cached.latency.latencies.untimed == parsed.latency.latencies.untimed)
        #expect(cached.latency.latencies.early == parsed.latency.latencies.early)
        #expect(cached.latency.latencies.percentiles == parsed.latency.latencies.percentiles)
        #expect(cached.latency.latencies.untimed > 0 && cached.latency.latencies.early > 0)
    }

    @Test func `a second id in front of the type is looked at for every reader`() throws {
        var measurements = FaultyStream.measurements()
        let text = { (id: String, number: Int) in
            Array(##"{"id":"\##(id)","id":"a","type":"next","payload":{"n":\##(number)}}"##.utf8)
        }
        for (id, misaddressed) in [("a", 0), ("b", 2)] as [(String, UInt64)] {
            var (client, script) = try FaultyStream.reader(.graphql, id: id)
            let first = LoadClientTests.text(#"{"id":"\#(id)","type":"next","payload":{"n":1}}"#)
            client.receive(first.span, script: script, into: &measurements)
            for number in 2...3 {
                let frame = FrameParserTests.frame(0x81, text(id, number))
                client.receive(frame.span, script: script, into: &measurements)
            }
            #expect(client.counts.misaddressed == misaddressed)
            #expect(client.counts.deliveries == 3 - misaddressed)
        }
    }
}
