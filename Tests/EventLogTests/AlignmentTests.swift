import TestSupport
import Testing

@testable import EventLog

/// A standby goes on from the one place of its feed where the log's newest events are.
struct AlignmentTests {
    private static func payloads(_ text: String) -> [ArraySlice<UInt8>] { text.utf8.map { [$0] } }

    @Test(
        arguments: [
            ("c", "abcde", .found(3)),
            ("abcde", "abcde", .found(5)),
            ("bcd", "abcdef", .found(4)),
            ("de", "abcde", .found(5)),
            // Nowhere, partly at the beginning or at the end, or with something else in between.
            ("x", "abc", .nowhere),
            ("a", "", .nowhere),
            ("abc", "bcde", .nowhere),
            ("cdef", "abcde", .nowhere),
            ("abcd", "abxcd", .nowhere),
            // In several places, which may overlap.
            ("a", "abab", .ambiguous),
            ("ab", "abxab", .ambiguous),
            ("aaa", "aaaa", .ambiguous),
            ("aba", "ababa", .ambiguous),
            ("", "abc", .ambiguous),
            // Identical payloads, of which there are as many.
            ("aaa", "baaac", .found(4)),
            ("aab", "aaab", .found(4)),
            ("abab", "abaabab", .found(7)),
            ("aabaaab", "aabaabaaab", .found(10)),
        ] as [(String, String, Alignment)]
    )
    func `there is one place, none or several`(tail: String, feed: String, expected: Alignment) {
        #expect(Alignment(of: Self.payloads(tail), in: Self.payloads(feed)) == expected)
    }

    @Test func `it finds what a search without cleverness finds`() {
        var random = SplitMix(seed: 8)
        var kinds: [String: Int] = [:]
        for _ in 0..<20_000 {
            let letters = Int.random(in: 1...4, using: &random)
            let feed = (0..<Int.random(in: 0...30, using: &random)).map { _ in
                [UInt8(Int.random(in: 0..<letters, using: &random))][...]
            }
            let tail = (0..<Int.random(in: 1...6, using: &random)).map { _ in
                [UInt8(Int.random(in: 0..<letters, using: &random))][...]
            }
            let ends = (tail.count...max(tail.count, feed.count)).filter {
                $0 <= feed.count && Array(feed[($0 - tail.count)..<$0]) == tail
            }
            let expected = ends.isEmpty ? Alignment.nowhere : ends.count == 1 ? .found(ends[0]) : .ambiguous
            kinds["\(expected)".prefix { $0 != "(" }.description, default: 0] += 1
            #expect(Alignment(of: tail, in: feed) == expected)
        }
        #expect(kinds.count == 3 && kinds.values.allSatisfy { $0 > 1000 }, "\(kinds)")
    }

    @Test func `it looks at each payload a few times at most, whatever they are`() {
        // Compared pairwise these would be a hundred million.
        let feed = Array(repeating: [UInt8](repeating: 1, count: 4)[...], count: 100_000)
        let tail = Array(repeating: [UInt8](repeating: 1, count: 4)[...], count: 1000) + [[2][...]]
        #expect(Alignment(of: tail, in: feed) == .nowhere)
    }
}
