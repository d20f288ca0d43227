import ArgumentParser
import FanoutRelay
import GraphQLSession
import Testing

@testable import FanoutRelayCommand

/// The flags about what clients may take of the relay.
struct BudgetOptionsTests {
    /// Where an option belongs.
    enum Group: Sendable {
        case query, downstream

        func parse(_ arguments: [String]) throws -> Configuration {
            let endpoint = try Endpoint(parsing: "ws://localhost/")
            var configuration = Configuration(upstream: endpoint, topics: [], shards: 1)
            switch self {
            case .query: try QueryOptions.parse(arguments).apply(to: &configuration)
            case .downstream: try DownstreamOptions.parse(arguments).apply(to: &configuration)
            }
            return configuration
        }

        func complaint(_ arguments: [String]) -> String {
            do {
                _ = try parse(arguments)
                return ""
            } catch let failure as Failure {
                return failure.line
            } catch {
                return self == .query ? QueryOptions.message(for: error) : DownstreamOptions.message(for: error)
            }
        }
    }

    @Test func `a client's message has up to 64 KiB, 1 MiB where it may execute, or what is said`() throws {
        for (arguments, isAllowed, size) in [
            ([], false, 65_536), ([], true, 1_048_576),
            (["--max-client-message", "2MiB"], false, 2 << 20), (["--max-client-message", "1024"], true, 1024),
        ] as [([String], Bool, Int)] {
            let endpoint = try Endpoint(parsing: "ws://localhost/")
            var configuration = Configuration(upstream: endpoint, topics: [], shards: 1)
            try QueryOptions.parse(isAllowed ? ["--allow-execute"] : []).apply(to: &configuration)
            try DownstreamOptions.parse(arguments).apply(to: &configuration)
            #expect(configuration.largestClientMessage == size)
        }
        #expect(throws: (any Error).self) {
            let endpoint = try Endpoint(parsing: "ws://localhost/")
            var configuration = Configuration(upstream: endpoint, topics: [], shards: 1)
            configuration.allowsExecution = true
            try DownstreamOptions.parse(["--max-gathered-bytes", "2097151"]).apply(to: &configuration)
        }
    }

    private struct Limit: Sendable, CustomTestStringConvertible {
        let option: String
        let group: Group
        let lowest: (text: String, value: Int)
        let highest: (text: String, value: Int)
        let standard: Int
        let refused: [String]
        let allowed: String
        let value: @Sendable (Configuration) -> Int
        var testDescription: String { option }
    }

    private static let limits = [
        Limit(
            option: "--max-answer-bytes",
            group: .query,
            lowest: ("1MiB", 1 << 20),
            highest: ("65536MiB", 1 << 36),
            standard: 64 << 20,
            refused: ["1048575", "65537MiB", "-1", "1GiB"],
            allowed: "1048576 to 68719476736 bytes"
        ) { $0.answers.bytes },
        Limit(
            option: "--max-answer-bytes-per-client",
            group: .query,
            lowest: ("1KiB", 1024),
            highest: ("64MiB", 64 << 20),
            standard: 16 << 20,
            refused: ["1023", "16385MiB", "much"],
            allowed: "1024 to 17179869184 bytes"
        ) { $0.answers.bytesPerClient },
        Limit(
            option: "--min-read-rate",
            group: .query,
            lowest: ("1", 1),
            highest: ("1MiB", 1 << 20),
            standard: 512,
            refused: ["0", "1048577", "1.5"],
            allowed: "1 to 1048576 bytes"
        ) { $0.answers.slowestReader },
        Limit(
            option: "--max-executions",
            group: .query,
            lowest: ("1", 1),
            highest: ("100000", 100_000),
            standard: 100,
            refused: ["0", "100001", "x"],
            allowed: "1 to 100000"
        ) { $0.maximumExecutions },
        Limit(
            option: "--max-waiting-executions",
            group: .query,
            lowest: ("0", 0),
            highest: ("100000", 100_000),
            standard: 100,
            refused: ["-1", "100001", "all"],
            allowed: "0 to 100000"
        ) { $0.maximumWaitingExecutions },
        Limit(
            option: "--execution-wait",
            group: .query,
            lowest: ("10ms", 10),
            highest: ("60s", 60_000),
            standard: 5000,
            refused: ["9ms", "61s"],
            allowed: "10ms to 1m"
        ) { Int($0.executionWait / .milliseconds(1)) },
        Limit(
            option: "--max-gathered-bytes",
            group: .downstream,
            lowest: ("128KiB", 128 << 10),
            highest: ("65536MiB", 1 << 36),
            standard: 64 << 20,
            refused: ["2047", "65537MiB", "some"],
            allowed: "2048 to 68719476736 bytes"
        ) { $0.admission.maximumGatheredBytes },
    ]

    @Test(arguments: limits) private func `each has its default and its range`(limit: Limit) throws {
        #expect(limit.value(try limit.group.parse([])) == limit.standard)
        for (text, value) in [limit.lowest, limit.highest] {
            #expect(limit.value(try limit.group.parse([limit.option, text])) == value)
        }
    }

    @Test(arguments: limits) private func `what is out of range is refused, with its name, the value and the range`(
        limit: Limit
    ) {
        for text in limit.refused {
            let line = limit.group.complaint(["\(limit.option)=\(text)"]).split(separator: "\n").first ?? ""
            for part in [limit.option, text, limit.allowed] { #expect(line.contains(part), "\(line)") }
        }
    }

    @Test func `a duration that can't be read is refused with an example`() {
        let line = Group.query.complaint(["--execution-wait", "soon"])
        for part in ["--execution-wait", "soon", "500ms"] { #expect(line.contains(part), "\(line)") }
    }

    @Test func `one client's share is never more than all clients' together`() throws {
        #expect(try Group.query.parse(["--max-answer-bytes", "2MiB"]).answers.bytesPerClient == 2 << 20)
        let line = Group.query.complaint(["--max-answer-bytes", "2MiB", "--max-answer-bytes-per-client", "3MiB"])
        #expect(line == "--max-answer-bytes-per-client 3145728: allowed: up to --max-answer-bytes, 2097152")
    }

    @Test func `two messages of the largest size always fit into what is gathered`() throws {
        let large = try Group.downstream.parse(["--max-client-message", "64MiB"])
        #expect(large.admission.maximumGatheredBytes == 128 << 20)
        let line = Group.downstream.complaint(["--max-client-message", "64KiB", "--max-gathered-bytes", "131071"])
        #expect(line == "--max-gathered-bytes 131071: allowed: twice --max-client-message or more, 131072")
    }
}
