import Testing

/// Readers of what strangers send, with a few thousand odd inputs each; `deploy/fuzz.sh` gives them a million.
@Suite(.timeLimit(.minutes(5)), .serialized)
struct FuzzTests {
    @Test(arguments: FuzzTarget.all.map(\.name))
    func `what must hold holds for every input`(name: String) throws {
        let target = try #require(FuzzTarget.named(name))
        let corpus = Corpus.inputs(of: name)
        #expect(corpus.count >= 3)
        let report = FuzzRun(target: target, seed: 1, largest: 1024).run(corpus, count: 2000)
        #expect(report.inputs == 2000)
        #expect(report.ways > corpus.count / 2)
        if let (input, violation) = report.finding {
            Issue.record("\(violation) in \(input) \(String(decoding: input, as: UTF8.self))")
        }
    }

    @Test func `every corpus belongs to a target`() {
        let names = Set(FuzzTarget.all.map(\.name))
        #expect(names.count == FuzzTarget.all.count)
    }

    @Test func `the same seed makes the same inputs, and another one others`() {
        func inputs(_ seed: UInt64) -> [[UInt8]] {
            var mutator = Mutator(seed: seed, words: ["word"])
            return (0..<100).map { _ in mutator.mutate(Array("abcdef".utf8), with: Array("uvwxyz".utf8)) }
        }
        #expect(inputs(7) == inputs(7))
        #expect(inputs(7) != inputs(8))
        #expect(Set(inputs(7)).count > 90)
        #expect(inputs(7).allSatisfy { $0.count <= Mutator.limit })
    }

    @Test(arguments: PlantedBug.allCases)
    func `a bug that was planted is found, and its input made small`(bug: PlantedBug) throws {
        let report = FuzzRun(target: bug.target, seed: 1).run(bug.corpus, count: 100_000)
        let finding = try #require(report.finding, "not found in \(report.inputs) inputs")
        #expect(bug.isCause(finding.input), "\(finding.input)")
        #expect(finding.input.count <= bug.largestCause)
        // It is found again by its seed.
        let again = FuzzRun(target: bug.target, seed: 1).run(bug.corpus, count: 100_000)
        #expect(again.inputs == report.inputs)
        #expect(again.finding?.input == finding.input)
    }

    @Test func `without a bug nothing is found`() {
        let report = FuzzRun(target: PlantedBug.sound, seed: 1).run([Array("{\"a\":[1]}".utf8)], count: 5000)
        #expect(report.inputs == 5000 && report.finding == nil)
    }
}
