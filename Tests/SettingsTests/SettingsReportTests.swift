import Testing

@testable import Settings

struct SettingsReportTests {
    private static let catalogue = SettingCatalogue([
        Setting(key: "upstream", kind: .one, valueName: "url", section: "Upstream", help: "The server."),
        Setting(key: "header", kind: .many, valueName: "'Name: value'", section: "Upstream", help: "A header."),
        Setting(key: "init-payload", kind: .one, valueName: "json|@file", section: "Upstream"),
        Setting(
            key: "wait",
            kind: .one,
            valueName: "duration",
            section: "Times",
            help: "A wait. (1s to 2s; default: 1s)"
        ),
        Setting(key: "open", kind: .flag, section: "Times", help: "Open."),
        Setting(key: "retry", kind: .one, section: "Times", help: "Again. (default: 'constant(1s) tries: 3')"),
        Setting(key: "names", kind: .many, section: "Times", help: "Names. (default: a, b)"),
    ])

    private static func settings(_ file: String, _ arguments: [String] = []) throws -> Settings {
        try Settings(
            arguments: ["--config=x.yaml"] + arguments,
            environment: [:],
            catalogue: catalogue,
            command: catalogue
        ) { _ in Array(file.utf8) }
    }

    @Test func `what counts is a settings file again, without secrets`() throws {
        let file = """
            upstream: wss://user:secret@example.org/graphql?token=secret
            header: ["Authorization: Bearer secret", "X: secret"]
            init-payload: '{"token":"secret"}'
            """
        let text = SettingsReport(Self.catalogue).effective(try Self.settings(file, ["--open"]))
        #expect(
            text == """
                upstream: "wss://***@example.org/graphql?***"  # x.yaml:1
                header:
                  - "Authorization: ***"  # x.yaml:2
                  - "X: ***"  # x.yaml:2
                init-payload: "***"  # x.yaml:3
                wait: 1s  # default
                open: true  # flag
                retry: "constant(1s) tries: 3"  # default
                names:
                  - a  # default
                  - b  # default

                """
        )
        #expect(throws: Never.self) { try YAMLReader.read(Array(text.utf8)) }
    }

    @Test func `a difference names old and new, and no secret`() throws {
        let (old, new) = (
            try Self.settings("upstream: ws://a\nheader: ['X: one']"),
            try Self.settings("upstream: ws://a\nheader: ['X: two', 'Y: three']\nwait: 2s\nopen: true")
        )
        #expect(
            SettingsReport(Self.catalogue).difference(old, new) == """
                header: X: *** -> X: ***, Y: ***
                wait: 1s -> 2s
                open: false -> true

                """
        )
        #expect(SettingsReport(Self.catalogue).difference(old, old) == "")
    }

    @Test func `the file to begin with has every setting, and all of it is comment`() throws {
        let text = SettingsReport(Self.catalogue).defaults
        #expect(text.split(separator: "\n").allSatisfy { $0.hasPrefix("#") })
        for setting in Self.catalogue.settings {
            #expect(text.contains("\n#\(setting.key):"))
            #expect(text.contains(setting.variable))
        }
        #expect(text.contains("\n#wait: 1s\n") && text.contains("\n#open: false\n"))
        // Without the first # of each setting it is a file.
        let lines = text.split(separator: "\n").filter { !$0.hasPrefix("# ") && $0 != "#" }.map { $0.dropFirst() }
        #expect(throws: Never.self) { try YAMLReader.read(Array(lines.joined(separator: "\n").utf8)) }
    }

    @Test(arguments: [
        ("plain", "plain"), ("10.5", "10.5"), ("a b", #""a b""#), ("-x", #""-x""#), ("", #""""#), ("a: b", #""a: b""#),
        ("\"\\\n\u{1}é", #""\"\\\n\u0001é""#),
    ])
    func `text is a scalar that reads back as itself`(text: String, scalar: String) throws {
        #expect(SettingsReport.scalar(text) == scalar)
        #expect(try YAMLReader.read(Array(scalar.utf8))?.text == text)
    }

    @Test func `the schema has a property for each setting`() {
        let text = SettingsSchema(Self.catalogue).text
        for setting in Self.catalogue.settings { #expect(text.contains("\"\(setting.key)\" : {")) }
        #expect(text.contains(#""additionalProperties" : false"#))
    }
}
