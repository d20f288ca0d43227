import FanoutRelay
import Glibc
import Settings
import TestSupport
import Testing

@testable import FanoutRelayCommand

/// What SIGHUP does with each setting: the code, the page that says so, and the flags of serve agree.
struct ReloadTableTests {
    @Test func `each setting of serve changes live or needs a restart`() {
        let all = Set(RelaySettings.catalogue.settings.map(\.key))
        #expect(ReloadTable.live.intersection(ReloadTable.restart) == [])
        #expect(all.subtracting(ReloadTable.live).subtracting(ReloadTable.restart) == [], "is in neither")
        #expect(ReloadTable.live.union(ReloadTable.restart).subtracting(all) == [], "is no setting")
    }

    @Test func `the page names the same`() throws {
        let page = try Self.text(of: "Sources/FanoutRelay/FanoutRelay.docc/Settings.md")
        let rows = page.split(separator: "\n").filter { $0.hasPrefix("| ") }
        for (head, settings) in [("| live |", ReloadTable.live), ("| restart |", ReloadTable.restart)] {
            let named = rows.filter { $0.hasPrefix(head) }.flatMap { row in
                row.split(separator: "`", omittingEmptySubsequences: false).enumerated().filter { $0.offset % 2 == 1 }
                    .map { String($0.element) }
            }
            #expect(named.count == settings.count, "each once")
            #expect(Set(named) == settings)
        }
    }

    private static func text(of file: String) throws -> String {
        let folder = #filePath.split(separator: "/").dropLast(3).map { "/\($0)" }.joined()
        return try FileText.read("\(folder)/\(file)", option: "page")
    }

    private static func settings(_ words: String...) throws -> Settings {
        try RelaySettings.bringTogether(words, for: ServeCommand.self, environment: [:])
    }

    @Test func `what changed and what needs a restart is named by its key`() throws {
        let started = try Self.settings("--shards=2", "--max-subscriptions=5", "--token-file=a")
        let former = try Self.settings("--shards=3", "--max-subscriptions=6", "--token-file=a")
        let next = try Self.settings("--shards=3", "--max-subscriptions=6", "--log-level=debug", "--open")
        var outcome = Reload()
        let (differences, sinceStart) = (next.differences(from: former), next.differences(from: started))
        var judged = ReloadTable.judge(differences, sinceStart: sinceStart, outcome)
        #expect(judged.changed == ["log-level", "open", "token-file"])
        #expect(judged.needRestart == ["shards"])
        outcome.needsRestart = [.credentials]
        judged = ReloadTable.judge(differences, sinceStart: sinceStart, outcome)
        #expect(judged.changed == ["log-level"])
        #expect(judged.needRestart == ["open", "shards", "token-file"])
    }

    @Test func `the order of topics and of their options is no change`() throws {
        func differences(_ former: [String], _ next: [String]) throws -> [String] {
            func settings(_ words: [String]) throws -> Settings {
                try RelaySettings.bringTogether(words, for: ServeCommand.self, environment: [:])
            }
            return try settings(next).differences(from: settings(former))
        }
        let words = [
            "--topic=a=subscription { a }", "--topic=b=subscription { b }", "--topic-option=a:lag=skip",
            "--topic-option=b:lag=latest", "--named-query=c={ c }", "--named-query=d={ d }",
        ]
        #expect(try differences(words, words.reversed()) == [])
        #expect(try differences(words, words.dropFirst() + ["--topic=a=subscription { c }"]) == ["topic"])
        #expect(try differences(words, words.dropLast()) == ["named-query"])
        // What is said twice counts by its order, and so do values without names.
        for (former, latter, key) in [
            ("--topic-option=a:lag=skip", "--topic-option=a:lag=latest", "topic-option"),
            ("--listen=1", "--listen=2", "listen"),
        ] {
            #expect(try differences([former, latter], [latter, former]) == [key])
        }
    }

    @Test func `the order in which files are read is no change`() throws {
        let folder = TemporaryFolder()
        func contents(_ names: String...) throws -> FileContents {
            let contents = FileContents()
            try FileText.$contents.withValue(contents) {
                for name in names { _ = try FileText.resolve("@\(folder.file(name))", option: "--topic") }
            }
            return contents
        }
        _ = (folder.write("1", to: "a"), folder.write("2", to: "b"))
        let former = try contents("a", "b")
        #expect(try contents("b", "a").differences(from: former).isEmpty)
        #expect(try contents("a").differences(from: former) == ["topic"])
        _ = folder.write("3", to: "b")
        #expect(try contents("b", "a").differences(from: former) == ["topic"])
    }
}
