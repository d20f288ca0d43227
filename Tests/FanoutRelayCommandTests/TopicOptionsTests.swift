import ArgumentParser
import Fanout
import FanoutRelay
import Testing

@testable import FanoutRelayCommand

struct TopicOptionsTests {
    private static func demand(_ options: [String], allowsAny: Bool = true) throws -> DemandPolicy {
        let flags = options.flatMap { ["--topic-option", $0] }
        let parsed = try TopicOptions.parse(["--topic", "news=subscription { news }"] + flags)
        _ = try parsed.checkedDefinitions()
        var policy = DemandPolicy()
        policy.allowsAnySubscription = allowsAny
        try parsed.apply(to: &policy)
        return policy
    }

    @Test(
        arguments: [
            ([], .always, .none), (["*:share=never"], .never, .none), (["*:snapshot=last"], .always, .last),
            (["*:snapshot=last", "news:lag=skip", "*:share=never"], .never, .last),
            (["*:share=never", "*:share=always", "*:snapshot=last", "*:snapshot=none"], .always, .none),
        ] as [([String], DemandPolicy.Share, TopicDefinition.Snapshot)]
    )
    func `options of '*' are those of clients' topics`(
        options: [String],
        share: DemandPolicy.Share,
        snapshot: TopicDefinition.Snapshot
    ) throws {
        let policy = try Self.demand(options)
        #expect(policy.share == share)
        #expect(policy.snapshot == snapshot)
    }

    @Test func `those of a topic are its own`() throws {
        let options = ["--topic-option", "news:snapshot=last", "--topic-option", "*:snapshot=none"]
        let parsed = try TopicOptions.parse(["--topic", "news=subscription { news }"] + options)
        #expect(try parsed.definitions().map(\.snapshot) == [.last])
    }

    @Test(arguments: [
        ("*:snapshot=first", "snapshot=none|last"), ("*:share=sometimes", "share=always|never"),
        ("*:share=", "share=always|never"), ("*:lag=skip", "the keys snapshot and share"),
        ("*:variables={}", "the keys snapshot and share"), ("*:=last", "the keys snapshot and share"),
        ("*", "NAME:KEY=VALUE"), ("*:share", "NAME:KEY=VALUE"),
        ("news:share=never", "share for clients' topics only"), ("other:share=never", "the name of a --topic"),
    ])
    func `what can't be is refused in one line that says what can`(option: String, allowed: String) {
        let failure = #expect(throws: Failure.self) { try Self.demand([option]) }
        #expect(failure?.exitCode == 64)
        #expect(failure?.line.hasPrefix("--topic-option '\(option)': allowed: \(allowed)") == true)
        #expect(failure?.line.contains("\n") == false)
    }

    @Test func `without leave for clients' topics their options are refused`() {
        let failure = #expect(throws: Failure.self) { try Self.demand(["*:share=never"], allowsAny: false) }
        #expect(failure?.exitCode == 64)
        #expect(failure?.line.contains("--allow-any-subscription") == true)
    }
}
