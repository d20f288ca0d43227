import TestSupport
import Testing

struct SplitMixTests {
    /// The first numbers of SplitMix64's reference implementation.
    @Test func `the numbers are those of SplitMix64`() {
        var generator = SplitMix(seed: 1_234_567)
        let numbers: [UInt64] = [
            6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423,
            4_593_380_528_125_082_431, 16_408_922_859_458_223_821,
        ]
        #expect(numbers.allSatisfy { generator.next() == $0 })
    }

    @Test func `mutated bytes are the same for the same seed, and most differ from what they were`() {
        let original = Array(#"{"type":"next","id":"1"}"#.utf8)
        var (first, second) = (SplitMix(seed: 4), SplitMix(seed: 4))
        let mutated = (0..<100).map { _ in first.mutate(original, alphabet: Array("{}".utf8)) }
        #expect(mutated == (0..<100).map { _ in second.mutate(original, alphabet: Array("{}".utf8)) })
        #expect(mutated.count { $0 != original } > 90)
    }
}
