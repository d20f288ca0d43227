import ArgumentParser
import Testing

@testable import Settings

/// A program with settings of each kind.
private struct Program: ParsableCommand {
    @Option(help: ArgumentHelp("Where to listen. (1 to 5; default: 127.0.0.1:8080)", valueName: "address"))
    var listen: [String] = []
    @Option(help: ArgumentHelp("A number.", valueName: "count")) var maxTopics: Int?
    @Option(help: ArgumentHelp("The server.", valueName: "url")) var upstream: String?
    @Option(help: ArgumentHelp("A header.", valueName: "'Name: value'")) var header: [String] = []
    @Option(help: ArgumentHelp("Tokens.", valueName: "file")) var tokenFile: String?
    @Option(help: ArgumentHelp("A topic.", valueName: "name=document|@file")) var topic: [String] = []
    @Option(help: ArgumentHelp("An option.", valueName: "name:key=value")) var topicOption: [String] = []
    @Flag(inversion: .prefixedNo, help: "Open.") var open = false
    @Option var config: String?
}

struct SettingsTests {
    private static let catalogue = SettingCatalogue(of: Program.self)

    private static func settings(
        _ arguments: [String] = [],
        _ environment: [String: String] = [:],
        file: String? = nil
    ) throws -> Settings {
        try Settings(
            arguments: (file == nil ? [] : ["--config", "conf/relay.yaml"]) + arguments,
            environment: environment,
            catalogue: catalogue,
            command: catalogue
        ) { path in
            #expect(path == "conf/relay.yaml")
            return Array((file ?? "").utf8)
        }
    }

    /// The words that the settings put in front.
    private static func words(
        _ arguments: [String] = [],
        _ environment: [String: String] = [:],
        file: String? = nil
    ) throws -> [String] {
        Array(
            try settings(arguments, environment, file: file).arguments.dropLast(arguments.count + (file == nil ? 0 : 2))
        )
    }

    @Test func `the declarations are read off the program itself`() {
        let settings = Self.catalogue.settings
        #expect(
            settings.map(\.key) == [
                "listen", "max-topics", "upstream", "header", "token-file", "topic", "topic-option", "open",
            ]
        )
        #expect(settings.map(\.kind) == [.many, .one, .one, .many, .one, .many, .many, .flag])
        #expect(settings[1].variable == "FANOUT_RELAY_MAX_TOPICS")
        #expect(settings[0].standard == ["127.0.0.1:8080"] && settings[1].standard == [])
    }

    @Test func `a flag goes before a variable, and that before the file`() throws {
        let file = "listen: [a, b]\nmax-topics: 1\nupstream: ws://file\nopen: true\n"
        let variables = ["FANOUT_RELAY_MAX_TOPICS": "2", "FANOUT_RELAY_LISTEN": "c\nd"]
        #expect(
            try Self.words(file: file) == [
                "--listen=a", "--listen=b", "--max-topics=1", "--upstream=ws://file", "--open",
            ]
        )
        #expect(
            try Self.words([], variables, file: file)
                == ["--listen=c", "--listen=d", "--max-topics=2", "--upstream=ws://file", "--open"]
        )
        // A repeated flag replaces the list.
        for flag in [["--listen", "e"], ["--listen=e"]] {
            #expect(
                try Self.words(flag + ["--no-open"], variables, file: file) == [
                    "--max-topics=2", "--upstream=ws://file",
                ]
            )
        }
        #expect(try Self.words([], ["FANOUT_RELAY_OPEN": "false"], file: file).last == "--no-open")
        #expect(try Self.words([], ["FANOUT_RELAY_CONFIG": ""]) == [])
    }

    @Test func `files are relative to the settings file`() throws {
        let file = """
            token-file: tokens
            topics:
              news: {file: news.graphql, refetch: "@again.graphql", snapshot: last}
              prices: "subscription { prices }"
              "*": {share: never}
            """
        #expect(
            try Self.words(file: file) == [
                "--token-file=conf/tokens", "--topic=news=@conf/news.graphql", "--topic=prices=subscription { prices }",
                "--topic-option=news:refetch=@conf/again.graphql", "--topic-option=news:snapshot=last",
                "--topic-option=*:share=never",
            ]
        )
        #expect(try Self.words(file: "token-file: /etc/tokens") == ["--token-file=/etc/tokens"])
        #expect(
            try Self.words(file: "topic: [a=@b, 'c={ d @skip }']") == ["--topic=a=@conf/b", "--topic=c={ d @skip }"]
        )
        // Topics by flags are the only ones.
        #expect(try Self.words(["--topic", "a=b"], file: file) == ["--token-file=conf/tokens"])
    }

    @Test(arguments: [
        ("max-topic: 1", "1: max-topic: no setting has this name; did you mean max-topics?"),
        ("\nzzz: 1", "2: zzz: no setting has this name"),
        ("listen: a\nlisten: b", "2: listen: a second time; the first is on line 1"),
        ("open: yes", "1: open 'yes': allowed: true or false"),
        ("open: [true]", "1: open: allowed: true or false"),
        ("max-topics: [1]", "1: max-topics: allowed: one value"),
        ("max-topics:", "1: max-topics: allowed: one value"),
        ("listen: {a: b}", "1: listen: allowed: a value, or a list of values"),
        ("listen:\n  - a\n  - [b]", "3: listen: allowed: a list of values"),
        ("- a", "1: allowed: a mapping, such as 'listen: 127.0.0.1:8080'"),
        ("topics: [a]", "1: topics: allowed: a mapping of names, such as 'news: {file: news.graphql}'"),
        ("topics:\n  a: {snapshot: last}", "2: topics.a: allowed: either document or file"),
        ("topics:\n  a: {file: b, document: c}", "2: topics.a: allowed: either document or file"),
        ("topics:\n  a:\n    file: [b]", "3: topics.a.file: allowed: one value"),
        ("topics:\n  a: [b]", "2: topics.a: allowed: a document, or a mapping with document or file"),
        ("topic: a=b\ntopics: {a: b}", "2: topics: allowed: without topic and topic-option beside it"),
        ("a: 'b", "1: found unexpected end of stream"), ("config: x", "1: config: no setting has this name"),
    ])
    func `a wrong file is told with line, key and what is allowed`(file: String, complaint: String) {
        let fault = #expect(throws: SettingsFault.self) { try Self.settings(file: file) }
        #expect(fault?.description == "conf/relay.yaml:" + complaint)
        #expect(fault?.exitCode == 78)
    }

    @Test func `a wrong variable is told, and an unknown one is no fault`() throws {
        let fault = #expect(throws: SettingsFault.self) { try Self.settings([], ["FANOUT_RELAY_OPEN": "1"]) }
        #expect(fault?.description == "environment FANOUT_RELAY_OPEN: open '1': allowed: true or false")
        #expect(fault?.exitCode == 64)
        let variables = ["FANOUT_RELAY_PORT": "tcp://10.0.0.1:80", "FANOUT_RELAYS": "", "PATH": "/bin"]
        #expect(try Self.settings([], variables).unknownVariables == ["FANOUT_RELAY_PORT"])
    }

    @Test func `what another command has is passed over`() throws {
        let settings = try Settings(
            arguments: ["--config=relay.yaml"],
            environment: ["FANOUT_RELAY_MAX_TOPICS": "1"],
            catalogue: Self.catalogue,
            command: SettingCatalogue([Setting(key: "upstream", kind: .one)])
        ) { _ in Array("listen: a\nupstream: b".utf8) }
        #expect(settings.arguments == ["--upstream=b", "--config=relay.yaml"])
        #expect(settings.unknownVariables == [])
    }

    @Test func `a complaint about the command line names the place of the value`() throws {
        let file = "listen:\n  - a\n  - b\nmax-topics: lots\ntopics:\n  news: {document: x, lag: drop}\n"
        let settings = try Self.settings([], ["FANOUT_RELAY_UPSTREAM": "nowhere"], file: file)
        for (complaint, line, code) in [
            (
                "The value 'lots' is invalid for '--max-topics <count>': allowed: 1",
                "conf/relay.yaml:4: The value 'lots' is invalid for 'max-topics <count>': allowed: 1", Int32(78)
            ),
            ("--listen 'b': allowed: c", "conf/relay.yaml:3: listen 'b': allowed: c", 78),
            ("--topic-option 'news:lag=drop': no", "conf/relay.yaml:6: topic-option 'news:lag=drop': no", 78),
            ("--upstream 'nowhere': no", "environment FANOUT_RELAY_UPSTREAM: upstream 'nowhere': no", 64),
        ] {
            let located = settings.locate(complaint)
            #expect(located.line == line && located.place?.exitCode == code)
        }
        let flagged = try Self.settings(["--max-topics", "x"], file: file)
        #expect(flagged.locate("--max-topics 'x': no").place == nil)
        #expect(flagged.locate("something else").line == "something else")
        // Not of a flag whose name goes on.
        #expect(settings.locate("--max-topics-per-client 'x': no").place == nil)
        #expect(settings.locate("--topics '1'").place == nil && settings.locate("no --max-topics").place != nil)
    }
}
