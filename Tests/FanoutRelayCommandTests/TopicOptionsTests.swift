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

    @Test(arguments: [
        ("subscription {\n  a(b: )\n}", "unexpected ) at line 2, column 8"),
        ("subscription { a ...F }", "no fragment is named \"F\", at line 1, column 21"),
        ("subscription { a b }", "a subscription has one field at its top, \"b\" is another one at line 1, column 18"),
    ])
    func `a broken document ends the start with 64, and its place is told`(document: String, problem: String) throws {
        let topic = try TopicOptions.parse(["--topic", "news=\(document)"])
        let failure = #expect(throws: Failure.self) { try topic.checkedDefinitions() }
        #expect(failure?.exitCode == 64)
        #expect(failure?.line == "--topic: topic 'news': \(problem)")
    }

    @Test func `so does one of a refetch or of a named query`() throws {
        let options = ["--topic", "news=subscription { news }", "--topic-option", "news:refetch=query($a: Int) { a }"]
        let refetch = #expect(throws: Failure.self) { try TopicOptions.parse(options).checkedDefinitions() }
        let problem = "the variable $a is defined but not used at line 1, column 7"
        #expect(refetch?.exitCode == 64)
        #expect(refetch?.line == "--topic: topic 'news': its refetch: \(problem)")
        let query = try QueryOptions.parse(["--named-query", "q=query($a: Int) { a }"])
        var configuration = Configuration.defaults
        let failure = #expect(throws: Failure.self) { try query.apply(to: &configuration) }
        #expect(failure?.exitCode == 64)
        #expect(failure?.line == "--named-query: query 'q': \(problem)")
    }
}
