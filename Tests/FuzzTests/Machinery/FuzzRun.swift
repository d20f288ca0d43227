/// Gives a target many inputs: those of its corpus, and what mutations make of them.
///
/// An input that goes a way which none went before joins the others. The same seed makes the same inputs.
struct FuzzRun {
    /// Most inputs that are mutated.
    private static let poolLimit = 4096

    /// What came of it.
    struct Report {
        /// How many inputs were read.
        var inputs = 0
        /// How many ways they went.
        var ways = 0
        /// The input, as small as it could be made, for which something didn't hold, and what.
        var finding: (input: [UInt8], violation: Violation)?
    }

    let target: FuzzTarget
    let seed: UInt64
    /// Most bytes of an input that mutations make.
    var largest = Mutator.limit

    /// Reads so many inputs, or as many as it takes to find something.
    func run(_ corpus: [[UInt8]], count: Int) -> Report {
        var report = Report()
        var pool = corpus.isEmpty ? [[]] : corpus
        var ways: Set<UInt64> = []
        var mutator = Mutator(seed: seed, words: target.words, largest: largest)
        while report.inputs < count {
            let index = report.inputs
            var input = index < corpus.count ? corpus[index] : pool[mutator.choose(pool.count)]
            if index >= corpus.count { input = mutator.mutate(input, with: pool[mutator.choose(pool.count)]) }
            report.inputs += 1
            do throws(Violation) {
                let (isNew, _) = ways.insert(try target.run(input))
                if isNew, index >= corpus.count {
                    if pool.count < Self.poolLimit {
                        pool.append(input)
                    } else {
                        pool[mutator.choose(pool.count)] = input
                    }
                }
            } catch {
                report.finding = smallest(input, error)
                break
            }
        }
        report.ways = ways.count
        return report
    }

    /// Leaves out what isn't needed for something not to hold.
    private func smallest(_ input: [UInt8], _ violation: Violation) -> (input: [UInt8], violation: Violation) {
        var (best, reason) = (input, violation)
        var size = max(1, best.count / 2)
        while true {
            var start = 0
            while start < best.count {
                let shorter = Array(best[..<start] + best[min(best.count, start + size)...])
                do throws(Violation) {
                    _ = try target.run(shorter)
                    start += size
                } catch {
                    (best, reason) = (shorter, error)
                }
            }
            if size == 1 { return (best, reason) }
            size /= 2
        }
    }
}
