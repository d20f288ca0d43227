import CommandSupport
import FoundationEssentials
import Glibc

/// The file of `--state`: what a run has found so far, so that another one goes on where it stopped.
struct ChaosState {
    /// A file that can't be used.
    struct Failure: ReportedError {
        let description: String
        var exitCode: Int32
    }

    private struct Content: Codable {
        var kind = "chaos-state"
        var format = 1
        var terms: ChaosTerms
        var results: [FaultResult]
    }

    /// Many times what the most faults need.
    private static let limit = 16 << 20

    let path: String
    let terms: ChaosTerms

    /// What an earlier run has found; nothing if there is no file.
    func read(at most: Int) throws(Failure) -> [FaultResult] {
        guard let bytes = SmallFile.bytes(path, limit: Self.limit) else {
            if errno == ENOENT { return [] }
            throw failure(errno == 0 ? "it has more than 16 MiB" : SystemError.words(for: errno), EX_CONFIG)
        }
        guard let content = try? JSONDecoder().decode(Content.self, from: Data(bytes)), content.kind == "chaos-state",
            content.format == 1
        else { throw failure("allowed: what this version of fanout-load chaos has written, or no file", EX_CONFIG) }
        guard content.terms == terms else {
            throw failure("it is of another run: \(content.terms.words); allowed: with the same flags", EX_CONFIG)
        }
        guard content.results.count <= most else { throw failure("it has too many faults", EX_CONFIG) }
        return content.results
    }

    /// Replaces the file as a whole, so that whenever the tool ends there is a good one.
    func write(_ results: [FaultResult]) throws {
        let next = "\(path).next"
        let text = ChaosReport.encode(Content(terms: terms, results: results)) + "\n"
        try OutputFile(next, option: "--state").write(text)
        guard unsafe rename(next, path) == 0 else { throw failure(SystemError.words(for: errno), EX_CANTCREAT) }
    }

    private func failure(_ words: String, _ code: Int32) -> Failure {
        Failure(description: "--state '\(path)': \(words)", exitCode: code)
    }
}
