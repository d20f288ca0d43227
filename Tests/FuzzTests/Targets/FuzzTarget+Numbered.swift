import Fanout
import GraphQLTransport

@testable import GraphQLSession

extension FuzzTarget {
    /// What a relay upstream sends, a payload in each line: numbers, places, gaps, histories.
    ///
    /// An empty line is a reader that takes what waits; one with a dot is a link that is lost.
    static let numbered = FuzzTarget(
        name: "numbered",
        words: [
            "\n", "\n\n", "\n.\n", #"{"data":1,"extensions":{"relay":{"token":"e:1"}}}"#,
            #"{"data":null,"extensions":{"relay":{"token":"e:7","newest":"e:9"}}}"#,
            #"{"data":null,"extensions":{"relay":{"token":"f:3","gap":{"after":"e:1","reason":"r"}}}}"#, "e:0", "e:2",
            "e:3", "f:1", "f:2", "9223372036854775807", "9223372036854775808", #","gapBefore":true"#,
            #","newest":"e:9223372036854775807""#, #""token":"#, #""relay":"#, "null",
        ]
    ) { input throws(Violation) in
        var way = Way()
        guard let definition = try? TopicDefinition(name: "t", document: "subscription { t }") else { return 0 }
        var topic = Topic(
            id: 0,
            definition: definition,
            statistics: TopicStatistics(name: "t"),
            epoch: "own",
            numbering: .unknown
        )
        var payloads = NumberedPayloads(hasTokens: true)
        var shard = NumberCheck()
        for line in input.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
            switch line {
            case []:
                while !payloads.isEmpty { try shard.take(payloads.take(), &topic, &way) }
            case [UInt8(ascii: ".")]:
                while !payloads.isEmpty { try shard.take(payloads.take(), &topic, &way) }
                payloads = NumberedPayloads(hasTokens: true)
                way.pass(kindOf: topic.subscriptionStart)
            default:
                guard (try? MessageScanner.scanPayload(Array(line).span)) != nil else { continue }
                payloads.append(Array(line).span, limit: 600, at: .zero)
            }
        }
        while !payloads.isEmpty { try shard.take(payloads.take(), &topic, &way) }
        return way.value
    }
}

/// Checks that events have numbers without holes, and that what is missing is told.
private struct NumberCheck {
    private var epoch = "own"
    private var sequence: UInt64 = 0
    private var isTold = true

    mutating func take(_ batch: PayloadBatch, _ topic: inout Topic, _ way: inout Way) throws(Violation) {
        for payload in batch {
            try require(NumberedPayload(Array(payload).span) == nil, "a number is left in a payload")
        }
        guard let start = batch.start else {
            way.pass(1)
            if let opened = topic.numberHere() { try begin(opened, &way) }
            // As the topics' runner does when the operation runs.
            if topic.isBroken { try take(topic.gap("interrupted", at: .zero), &way) }
            for segment in topic.record(batch, at: .zero) { try take(segment, &way) }
            return
        }
        for update in topic.follow(batch, after: start, keeping: LagPolicy(), at: .zero) {
            switch update {
            case .began(_, let opened): try begin(opened, &way)
            case .segment(_, let segment): try take(segment, &way)
            default: try require(false, "an update of another kind")
            }
        }
        // Behind a gap the next event shows how many are missing.
        let isKnown = topic.sequence == sequence || hasGap && topic.sequence > sequence
        try require(topic.isArriving || isKnown && topic.epoch == epoch, "the shards know another number")
        try require(topic.head.sequence == topic.sequence, "the head is another number")
    }

    private mutating func begin(_ opened: OpenedTopic, _ way: inout Way) throws(Violation) {
        way.pass(opened.isSuccessor ? 2 : 3)
        try require(opened.epoch != epoch || !opened.isSuccessor, "the former epoch begins anew")
        epoch = opened.epoch
        sequence = opened.start
        for segment in opened.history { try take(segment, &way) }
        isTold = !opened.isSuccessor
    }

    private mutating func take(_ segment: Segment, _ way: inout Way) throws(Violation) {
        switch segment.content {
        case .events(let first, let batch):
            way.pass(4)
            try require(isTold, "events of another epoch come without a gap")
            try require(!batch.isEmpty && first > sequence, "a number comes twice")
            try require(first == sequence + 1 || hasGap, "a number is missing without a gap")
            sequence = first + UInt64(batch.count) - 1
            hasGap = false
        case .gap(let after, _):
            way.pass(5)
            try require(after == sequence || hasGap && after > sequence, "a gap comes after another number")
            sequence = after
            isTold = true
            hasGap = true
        case .status, .refused: break
        }
    }

    private var hasGap = false
}
