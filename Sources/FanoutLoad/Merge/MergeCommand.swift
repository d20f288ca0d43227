import ArgumentParser
import CommandSupport
import Glibc

/// `fanout-load merge`: one summary of the reports of several runs.
struct MergeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "merge",
        abstract: "Put the reports of several runs together, of one machine or of many, and judge them as one.",
        usage: "fanout-load merge <file> <file> ... [options]",
        discussion: """
            Each file is what one run --json has printed. These must be the same in all: --protocol, --events, \
            --sequence-key, --timestamp-key, --expected-interval, and whether there was --reconnect.

            Connections, counts and rates are summed. Latencies are counted together, bucket by bucket, so that \
            percentiles are those of all deliveries; fewest, median and fairness are those of all readers. Of \
            durations the longest stands, and of the tool's own CPU that of the busiest run. Runs that didn't begin \
            within a tenth of their duration are noted, with how far they are apart.

            The server's CPU and memory are taken once when all who watched (--server-pid) watched one process of one \
            host, and otherwise left out, with a note. What the runs required is not asked again: --require is for the \
            whole. Samples and their plots stay with each run.

            In the JSON, latency.histogram.counts are pairs of a bucket's lowest microsecond and its count, and \
            deliveries.readers are pairs of a number of deliveries and how many readers had it.

            EXAMPLES
              Two processes load one relay, with a verdict on both:

                fanout-load run ws://127.0.0.1:8080/topics/tick --json > a.json &
                fanout-load run ws://127.0.0.1:8080/topics/tick --json > b.json &
                wait
                fanout-load merge a.json b.json --require 'lost == 0'

            EXIT CODES
              0   success
              1   a reader of some run missed an event or failed otherwise, as of
                  run; or a --require was not met
              64  bad flags, fewer than two files, or the same one twice
              73  a file for results can't be written
              78  a file can't be read, is no report of a run, or doesn't go
                  together with the first
            """
    )

    /// So many reports fit into memory together.
    static let mostReports = 100

    @Argument(
        help: ArgumentHelp("Reports of run --json, 2 to 100 of at most 16 MiB; - is standard input.", valueName: "file")
    )
    var files: [String] = []

    @OptionGroup var results: ResultOptions

    func validate() throws {
        guard files.count >= 2 else {
            let given = files.isEmpty ? "no file is given" : "'\(files[0])' is the only file"
            throw ValidationError("\(given); allowed: 2 to \(Self.mostReports) reports of run --json")
        }
        guard files.count <= Self.mostReports else {
            throw ValidationError("\(files.count) files are given; allowed: 2 to \(Self.mostReports)")
        }
        var places: [FilePlace: String] = [:]
        for file in files {
            guard let place = FilePlace(of: file) else { continue }
            guard let former = places.updateValue(file, forKey: place) else { continue }
            let words = former == file ? "is given twice" : "is the same file as '\(former)'"
            throw ValidationError("'\(file)' \(words); allowed: each report once")
        }
    }

    func run() throws {
        let reports = try files.map { path throws(ReportFile.Failure) in try ReportFile(path: path) }
        let summary = try Summary(merging: reports, requirements: results.requirements)
        try results.show(summary, try results.page())
    }
}

/// Where a file lies, by whatever name it is called.
private struct FilePlace: Hashable {
    private let device: UInt
    private let number: UInt

    /// Nil for a file that there isn't; `-` is standard input.
    init?(of path: String) {
        var status = stat()
        let result = unsafe path == "-" ? fstat(STDIN_FILENO, &status) : stat(path, &status)
        guard result == 0 else { return nil }
        (device, number) = (UInt(status.st_dev), UInt(status.st_ino))
    }
}
