import FanoutRelay
import Glibc
import Settings
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
}
