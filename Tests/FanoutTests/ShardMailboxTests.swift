import Testing

@testable import Fanout

@Suite(.timeLimit(.minutes(1)))
struct ShardMailboxTests {
    /// An update in few letters: `0:3-5` for events 3 to 5 of topic 0, `0:gap 2`, `0:live`, `0:failed`.
    private static func text(_ update: TopicUpdate) -> String {
        switch update {
        case .failed(let topic, _): "\(topic.number):failed"
        case .completed(let topic): "\(topic.number):completed"
        case .began(let topic, let opened): "\(topic.number):began \(opened.epoch)"
        case .reclaimed(let topic): "\(topic.number):reclaimed"
        case .opened(let request, let topic, _): "\(topic.number):opened as \(request)"
        case .refused(let request, _): "\(request) refused"
        case .planned: "planned"
        case .segment(let topic, let segment):
            switch segment.content {
            case .events(let first, let batch): "\(topic.number):\(first)-\(first + UInt64(batch.count) - 1)"
            case .gap(let after, _): "\(topic.number):gap \(after)"
            case .status(let status): "\(topic.number):\(status)"
            case .refused: "\(topic.number):refused"
            }
        }
    }

    /// Room for so many of those.
    private static func room(events: Int) -> Int { events * (10 + Segment.overhead) }

    /// An event of 10 bytes.
    private static func event(_ topic: TopicID, _ number: UInt64) -> TopicUpdate {
        .segment(topic: topic, .events(number, count: 1))
    }

    @Test func `what was numbered otherwise goes without a gap, and the new numbers begin`() async {
        let mailbox = ShardMailbox(limit: Self.room(events: 2))
        let opened = OpenedTopic(
            epoch: "f",
            status: .live,
            history: [],
            forgottenGap: nil,
            head: TopicHead(),
            isSuccessor: true
        )
        mailbox.append([Self.event(0, 8), Self.event(7, 1), .began(topic: 0, opened), Self.event(0, 1)])
        mailbox.append([Self.event(0, 2), Self.event(0, 3)])
        let taken = await mailbox.take()?.map(Self.text)
        #expect(taken == ["7:gap 0", "0:began f", "0:gap 0", "0:2-2", "0:3-3"])
    }

    @Test func `a plan stays between the events before it and those behind, however much is dropped`() async {
        let mailbox = ShardMailbox(limit: Self.room(events: 2))
        mailbox.append([Self.event(0, 1), Self.event(0, 2), .planned, Self.event(7, 1), Self.event(0, 3)])
        mailbox.append([Self.event(7, 2)])
        #expect(await mailbox.take()?.map(Self.text) == ["0:gap 0", "planned", "7:gap 0", "0:3-3", "7:2-2"])
    }

    @Test func `another limit holds from the next update on`() async {
        let mailbox = ShardMailbox(limit: Self.room(events: 1))
        mailbox.set(limit: Self.room(events: 3))
        mailbox.append([Self.event(0, 1), Self.event(0, 2), Self.event(0, 3)])
        #expect(await mailbox.take()?.map(Self.text) == ["0:1-1", "0:2-2", "0:3-3"])
        mailbox.set(limit: Self.room(events: 1))
        mailbox.append([Self.event(0, 4), Self.event(0, 5)])
        #expect(await mailbox.take()?.map(Self.text) == ["0:gap 3", "0:5-5"])
    }

    @Test func `everything that waits comes out as one batch`() async {
        let mailbox = ShardMailbox(limit: Self.room(events: 100))
        mailbox.append([Self.event(0, 1), Self.event(0, 2)])
        mailbox.append([Self.event(1, 1)])
        #expect(await mailbox.take()?.map(Self.text) == ["0:1-1", "0:2-2", "1:1-1"])
        mailbox.append([Self.event(0, 3)])
        #expect(await mailbox.take()?.map(Self.text) == ["0:3-3"])
    }

    @Test func `a reader that waits is woken`() async {
        let mailbox = ShardMailbox(limit: Self.room(events: 100))
        async let batch = mailbox.take()
        await Task.yield()
        mailbox.append([Self.event(0, 1)])
        #expect(await batch?.map(Self.text) == ["0:1-1"])
    }

    @Test func `what waits is still given after the close, then nil`() async {
        let mailbox = ShardMailbox(limit: Self.room(events: 100))
        mailbox.append([Self.event(0, 1)])
        mailbox.close()
        mailbox.append([Self.event(0, 2)])
        #expect(await mailbox.take()?.map(Self.text) == ["0:1-1"])
        #expect(await mailbox.take() == nil)
    }

    @Test func `the close ends a reader that waits`() async {
        let mailbox = ShardMailbox(limit: Self.room(events: 100))
        async let batch = mailbox.take()
        await Task.yield()
        mailbox.close()
        #expect(await batch == nil)
    }

    @Test func `what fits is kept whole`() async {
        let mailbox = ShardMailbox(limit: Self.room(events: 3))
        for number in 1...3 { mailbox.append([Self.event(0, UInt64(number))]) }
        #expect(await mailbox.take()?.map(Self.text) == ["0:1-1", "0:2-2", "0:3-3"])
    }

    struct Overflow: CustomTestStringConvertible {
        let testDescription: String
        let updates: [TopicUpdate]
        let kept: [String]
    }

    @Test(arguments: [
        Overflow(
            testDescription: "one topic",
            updates: (1...5).map { event(0, $0) },
            kept: ["0:gap 0", "0:3-3", "0:4-4", "0:5-5"]
        ),
        Overflow(
            testDescription: "the oldest of all topics go, each topic that lost some has its gap",
            updates: [event(0, 1), event(1, 7), event(0, 2), event(1, 8), event(0, 3), event(1, 9)],
            kept: ["1:gap 6", "0:gap 0", "1:8-8", "0:3-3", "1:9-9"]
        ),
        Overflow(
            testDescription: "a topic that lost nothing has no gap",
            updates: [event(0, 1), event(0, 2), event(1, 1), event(1, 2), event(1, 3)],
            kept: ["0:gap 0", "1:1-1", "1:2-2", "1:3-3"]
        ),
        Overflow(
            testDescription: "gaps and pieces become one gap, the last state stays",
            updates: [
                event(0, 1), .segment(topic: 0, .status(.interrupted)), .segment(topic: 0, .gap(after: 1)),
                .segment(topic: 0, .status(.live)), event(0, 2), event(0, 3), event(0, 4), event(0, 5),
            ],
            kept: ["0:live", "0:gap 0", "0:3-3", "0:4-4", "0:5-5"]
        ),
        Overflow(
            testDescription: "the upstream's refusal stays",
            updates: [
                event(0, 1), .failed(topic: 0, errors: []), event(0, 2), event(0, 3), event(0, 4),
            ],
            kept: ["0:gap 0", "0:failed", "0:2-2", "0:3-3", "0:4-4"]
        ),
        Overflow(
            testDescription: "more than fits at once",
            updates: [.segment(topic: 0, .events(count: 4, of: 1000))],
            kept: ["0:1-4"]
        ),
        Overflow(
            testDescription: "more than fits at once, and what is older and newer",
            updates: [
                event(0, 1), .segment(topic: 1, .events(count: 4, of: 1000)), .segment(topic: 1, .status(.live)),
            ],
            kept: ["0:gap 0", "1:1-4", "1:live"]
        ),
    ])
    func `overflow drops the oldest events and leaves one gap`(_ overflow: Overflow) async {
        let atOnce = ShardMailbox(limit: Self.room(events: 3))
        atOnce.append(overflow.updates)
        #expect(await atOnce.take()?.map(Self.text) == overflow.kept)
        let oneByOne = ShardMailbox(limit: Self.room(events: 3))
        for update in overflow.updates { oneByOne.append([update]) }
        #expect(await oneByOne.take()?.map(Self.text) == overflow.kept)
    }

    @Test func `a reader that never comes costs a bounded number of updates`() async throws {
        let mailbox = ShardMailbox(limit: Self.room(events: 10))
        for number in 1...5000 as ClosedRange<UInt64> {
            mailbox.append([Self.event(0, number), Self.event(1, number)])
        }
        let batch = try #require(await mailbox.take())
        #expect(batch.map(Self.text).filter { $0.contains("gap") } == ["0:gap 0", "1:gap 0"])
        #expect(batch.map(Self.text).suffix(2) == ["0:5000-5000", "1:5000-5000"])
        #expect(batch.count == 12)
    }

    @Test func `an upstream that comes and goes without an event costs a bounded number of updates`() async throws {
        let mailbox = ShardMailbox(limit: Self.room(events: 10))
        for _ in 1...3000 {
            for topic in [0, 1] as [TopicID] {
                mailbox.append([
                    .segment(topic: topic, .status(.interrupted)), .segment(topic: topic, .gap(after: 7)),
                    .segment(topic: topic, .status(.live)), .failed(topic: topic, errors: []),
                ])
            }
        }
        let batch = try #require(await mailbox.take())
        // What fits, and of each topic a gap, a state and a refusal.
        #expect(batch.count <= 10 + 6)
        #expect(batch.suffix(2).map(Self.text) == ["1:live", "1:failed"])
        #expect(batch.map(Self.text).contains("0:gap 7"))
    }

    @Test func `after an overflow was taken nothing of it is left`() async {
        let mailbox = ShardMailbox(limit: Self.room(events: 3))
        for number in 1...9 as ClosedRange<UInt64> { mailbox.append([Self.event(0, number)]) }
        _ = await mailbox.take()
        mailbox.append((10...12).map { Self.event(0, $0) })
        #expect(await mailbox.take()?.map(Self.text) == ["0:10-10", "0:11-11", "0:12-12"])
    }

    @Test func `every shard gets every update`() async {
        let broadcaster = Broadcaster(shards: 3, limit: Self.room(events: 100))
        broadcaster.append([Self.event(0, 1)])
        broadcaster.append([])
        broadcaster.append([Self.event(0, 2)])
        broadcaster.close()
        for shard in 0..<3 {
            var batches: [[String]] = []
            for await batch in broadcaster.batches(for: shard) { batches.append(batch.map(Self.text)) }
            #expect(batches == [["0:1-1", "0:2-2"]])
        }
    }

    @Test func `a reader that is cancelled is let go`() async {
        let broadcaster = Broadcaster(shards: 1, limit: Self.room(events: 100))
        let reader = Task {
            for await _ in broadcaster.batches(for: 0) {}
            return true
        }
        reader.cancel()
        #expect(await reader.value)
    }
}
