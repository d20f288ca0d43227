import CommandSupport
import Glibc
import Testing

@testable import FanoutLoad

@Suite struct ReportFileTests {
    private static func good() throws -> String {
        let usage = ServerProbe.Usage(process: 7, host: "h", before: .seconds(1), after: .seconds(2))
        return SummaryJSON(
            try MergeTests.summary(latency: LatencyTests.recorder([5, 3000, 9000]), server: usage)
        ).text
    }

    private static func failure(_ text: String) -> ReportFile.Failure? {
        do throws(ReportFile.Failure) {
            _ = try ReportFile(name: "a", text: Array(text.utf8))
            return nil
        } catch {
            return error
        }
    }

    @Test(arguments: [
        ("", "a:1: it isn't JSON; allowed: what fanout-load run --json prints"), ("{", "a:1: it isn't JSON"),
        ("{\n\"kind\": \"run\",\n\"format\" 1\n}\n", "a:3: it isn't JSON"),
        ("{\"kind\": \"run\"}\n{\"kind\": \"run\"}\n", "a:2: it isn't JSON"),
        ("[]", "a: the whole is of another type"),
        (#"{"held":true}"#, "kind is missing; allowed: what fanout-load run --json prints"),
        (#"{"kind":"compare","format":1}"#, "it isn't the report of a run"),
        (#"{"kind":"merge","format":1}"#, "it has been merged already; allowed: the reports of all runs in one call"),
        (#"{"kind":"run","format":2}"#, "its format is 2; allowed: 1"),
        (#"{"kind":"run","format":1}"#, " is missing; allowed"),
        (String(repeating: "[", count: 100_000), "a: its values are nested too deeply"),
        (
            String(repeating: "[", count: 1000) + String(repeating: "]", count: 1000),
            "a: its values are nested too deeply"
        ),
    ]) func `what is no report is told with what is allowed`(text: String, words: String) throws {
        let failure = try #require(Self.failure(text))
        #expect(failure.exitCode == EX_CONFIG)
        #expect(failure.description.hasPrefix(words.hasPrefix("a:") ? words : "a: "), "\(failure)")
        #expect(failure.description.contains(words), "\(failure)")
    }

    @Test(
        arguments: [
            (#""lost":7"#, #""lost":-7"#, "one of its numbers is out of range"),
            (#""lost":7"#, #""lost":"7""#, "sequence.lost is of another type"),
            (#""lost":7"#, #""lost":null"#, "sequence.lost is null"),
            (#""lost":7"#, #""last":7"#, "sequence.lost is missing"),
            (#""lost":7"#, #""lost":18446744073709551615"#, nil),
            (#""duplicated":1"#, #""duplicated":1000000000000001"#, "sequence.duplicated is 1000000000000001; allowed"),
            (#""protocol":"plain""#, #""protocol":"pl\u001bain""#, "protocol is 'pl ain'; allowed: plain, payload"),
            (#""asked":10"#, #""asked":200001"#, "connections.asked is 200001; allowed: 1 to 200000"),
            (#""asked":10"#, #""asked":-1"#, "connections.asked is -1; allowed: 1 to 200000"),
            (#""neverReading":1"#, #""neverReading":11"#, "connections.neverReading is 11; allowed: 0 to 10"),
            (#""opened":9"#, #""opened":11"#, "connections.opened is 11; allowed: 0 to 10"),
            (#""opened":9"#, #""opened":2"#, "deliveries.readers has more readers than connections.opened"),
            (#""reopened":2"#, #""reopened":-2"#, "connections.reopened is -2"),
            (#"{"timeout":1}"#, #"{"timeout":-1}"#, "a count in connections.refused is -1; allowed: 0 to"),
            (
                #""readers":[[4,2],[5,1]]"#, #""readers":[[4,18446744073709551615]]"#,
                "deliveries.readers has more readers"
            ),
            (#""readers":[[4,2],[5,1]]"#, #""readers":[[4,2,1]]"#, "deliveries.readers[0][2] is too much"),
            (#""readers":[[4,2],[5,1]]"#, #""readers":[[4]]"#, "deliveries.readers[0]"),
            (#""readers":[[4,2],[5,1]]"#, #""readers":[[5,1],[4,2]]"#, nil),
            (#""perSecond":4.0"#, #""perSecond":1e300"#, "deliveries.perSecond is 1e+300; allowed: 0.0 to"),
            (#""perSecond":4.0"#, #""perSecond":1e999"#, "one of its numbers is out of range"),
            (#""seconds":10.0"#, #""seconds":-1"#, "seconds is -1.0; allowed: 0.0 to"),
            (#""user":0.1"#, #""user":-0.1"#, "cpu.user is -0.1"),
            (#""answered":6"#, #""answered":10"#, "pings.answered is 10; allowed: 0 to 9"),
            (#""wrong":1"#, #""wrong":4"#, "pings.wrong is 4; allowed: 0 to 3"),
            (#""startedAtMicroseconds":1"#, #""startedAtMicroseconds":-1"#, "startedAtMicroseconds is -1"),
            (#"[1000000,2000000]"#, #"[2000000,1000000]"#, "server.cpuMicroseconds is 1000000; allowed: 2000000 to"),
            (
                #""max":9000,"#, #""max":9008,"#,
                "latency.histogram: the highest value, 9008 µs, isn't in the last bucket"
            ),
            (#""counts":[[5,1]"#, #""counts":[[5,0]"#, "latency.histogram: the bucket at 5 µs can't have the count 0"),
            (#""counts":[[5,1]"#, #""counts":[[5,18446744073709551615]"#, "can't have the count 18446744073709551615"),
            (
                #""counts":[[5,1]"#, #""counts":[[0,18446744073709551615],[5,1]"#,
                "the bucket at 0 µs can't have the count"
            ),
            (#""counts":[[5,1]"#, #""counts":[[5,1],[5,1]"#, "the bucket at 5 µs isn't above the one before it"),
            (#""counts":[[5,1]"#, #""counts":[[600000001,1]"#, "no bucket begins at 600000001 µs"),
            (#"[3000,1]"#, #"[3001,1]"#, "no bucket begins at 3001 µs"),
            (#""counts":[[5,1],[3000,1],[9000,1]]"#, #""counts":[]"#, "isn't in the last bucket"),
            (#"1,"stalls":0}"#, #"1,"stalls":0,"new":[{"a":null}]}"#, nil),
            (#"1,"stalls":0}"#, #"1,"stalls":0}}"#, "it isn't JSON"),
        ] as [(String, String, String?)]
    )
    func `a report is read only if a run can have written it`(old: String, new: String, words: String?) throws {
        let text = try Self.good()
        try #require(text.contains(old))
        let failure = Self.failure(text.replacing(old, with: new))
        #expect(failure?.description.contains(words ?? "") != (words == nil), "\(String(describing: failure))")
        #expect((failure == nil) == (words == nil), "\(String(describing: failure))")
    }

    @Test func `no text of a report controls a terminal`() throws {
        let text = try Self.good().replacing("timeout", with: #"time\u001b[2Jout\u009b\n"#)
        let read = try ReportFile(name: "a", text: Array(text.utf8)).summary
        #expect(read.refused == ["time [2Jout  ": 1])
    }

    @Test(arguments: [
        ("--protocol sse", "--protocol plain"), ("--events 5", "no --events"), ("--sequence-key m", "--sequence-key n"),
        ("--timestamp-key none", "--timestamp-key at"), ("--expected-interval 2.5ms", "no --expected-interval"),
        ("--reconnect", "no --reconnect"),
    ]) func `reports of other terms don't go together`(term: String, first: String) throws {
        let other = try MergeTests.summary(start: 5) { plan in
            switch term.split(separator: " ")[0] {
            case "--protocol": plan.clientProtocol = .sse
            case "--events": plan.events = 5
            case "--sequence-key": plan.sequenceKey = "m"
            case "--timestamp-key": plan.timestampKey = nil
            case "--expected-interval": plan.expectedInterval = .microseconds(2500)
            default: plan.reconnectDelay = .seconds(1)
            }
        }
        let failure = #expect(throws: ReportFile.Failure.self) { try MergeTests.merge(try MergeTests.summary(), other) }
        #expect(failure?.description == "b: it was run with \(term), and a with \(first); allowed: the same in all")
        #expect(failure?.exitCode == EX_CONFIG)
    }

    @Test func `a copy of a report isn't counted twice`() throws {
        let summary = try MergeTests.summary()
        let failure = #expect(throws: ReportFile.Failure.self) { try MergeTests.merge(summary, summary) }
        #expect(failure?.description == "b: it is the same report as a; allowed: each run once")
    }

    @Test func `a file is bounded, and there`() throws {
        for (path, words) in [
            ("/nonexistent", "No such file"), ("/dev/zero", "more than 16 MiB"), ("/", "Is a directory"),
        ] {
            let failure = #expect(throws: ReportFile.Failure.self) { try ReportFile(path: path) }
            #expect(failure?.description.hasPrefix("'\(path)': ") == true)
            #expect(failure?.description.contains(words) == true)
        }
    }

    @Test(arguments: [
        ([], "no file is given; allowed: 2 to 100"), (["a.json"], "'a.json' is the only file; allowed: 2 to 100"),
        (["-", "-"], "'-' is given twice; allowed: each report once"),
        (["/dev/null", "/dev/null"], "'/dev/null' is given twice"),
        (["/dev/null", "/dev/../dev/null"], "'/dev/../dev/null' is the same file as '/dev/null'"),
        (Array(repeating: "a.json", count: 101), "101 files are given; allowed: 2 to 100"),
        (["a.json", "b.json", "--require", "p98 < 5ms"], "allowed: p50 p90"),
        (["a.json", "b.json", "--duration", "5s"], "--duration"),
    ]) func `bad flags of a merge end with 64`(arguments: [String], words: String) {
        let complaint = Complaint(about: ["merge"] + arguments, of: FanoutLoadCommand.self)
        #expect(complaint?.exitCode == EX_USAGE)
        #expect(complaint?.line.contains(words) == true, "\(complaint?.line ?? "")")
        #expect(complaint?.line.contains("\n") == false)
    }

    @Test(arguments: [
        ["a.json", "b.json"], ["a.json", "-", "--json", "--html", "page.html"],
        ["a.json", "b.json", "c.json", "--require", "p99 < 5ms", "--require", "lost == 0"],
    ]) func `good flags of a merge earn no complaint`(arguments: [String]) {
        #expect(Complaint(about: ["merge"] + arguments, of: FanoutLoadCommand.self)?.line == nil)
    }
}
