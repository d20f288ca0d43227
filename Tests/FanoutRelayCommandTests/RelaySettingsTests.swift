import ArgumentParser
import CommandSupport
import Settings
import TestSupport
import Testing

@testable import FanoutRelayCommand

/// Every setting can stand in a file, in the environment, and among the flags, and means the same there.
struct RelaySettingsTests {
    /// A value that each setting takes, by its key or else by what the help calls its values.
    private static func sample(_ setting: Setting) -> String {
        switch setting.key {
        case "retry-connect", "retry-subscribe", "retry-execute": return "constant(1s) tries: 3"
        case "upstream-subprotocol": return "graphql-ws"
        case "retry-close-code", "fatal-close-code": return "4321"
        case "probe": return "graphql"
        case "flush-interval": return "3ms"
        case "min-read-rate": return "1KiB"
        case "max-memory": return "256MiB"
        case "listen", "admin-listen": return "127.0.0.1:7001"
        case "trusted-proxy": return "10.0.0.0/8"
        case "forwarded-header": return "forwarded"
        case "allow-origin": return "https://app.example"
        case "jwt-algorithms": return "ES256"
        case "token-cookie": return "session"
        case "log-level": return "debug"
        case "topic-option": return "news:lag=skip"
        case "document-variable": return "news.id=claim:sub"
        case "cluster": return "nats://127.0.0.1:4222,nats://relay.example"
        case "cluster-role": return "edge"
        case "cluster-standby": return "hot"
        case "cluster-storage": return "memory"
        case "cluster-replicas": return "3"
        case "cluster-linger": return "3ms"
        default: break
        }
        return switch setting.valueName {
        case "url": setting.key == "upstream" ? "wss://127.0.0.1/graphql" : "https://127.0.0.1/graphql"
        case "file": "/etc/hostname"
        case "duration": "3s"
        case "count": "7"
        case "bytes": "2MiB"
        case "'Name: value'", "Name: value": "X-Name: value"
        case "json|@file": #"{"a":1}"#
        default: setting.valueName.contains("document|@file") ? "news=subscription { news { id } }" : "text"
        }
    }

    private static func settings(
        _ words: [String],
        _ environment: [String: String] = [:]
    ) throws -> Settings {
        try RelaySettings.bringTogether(words, for: ServeCommand.self, environment: environment)
    }

    /// The word of a command line for a setting's sample.
    private static func word(_ setting: Setting) -> String {
        setting.kind == .flag ? "--\(setting.key)" : "--\(setting.key)=\(sample(setting))"
    }

    @Test(arguments: RelaySettings.catalogue.settings)
    func `a setting means the same wherever it stands`(setting: Setting) throws {
        let folder = TemporaryFolder()
        let value = setting.kind == .flag ? "true" : Self.sample(setting)
        let expected = [Self.word(setting)]
        #expect(try Self.settings([], [setting.variable: value]).arguments == expected)
        let file = folder.write("\(setting.key): \(setting.kind == .flag ? value : "'\(value)'")\n", to: "relay.yaml")
        let byFile = try Self.settings(["--config=\(file)"])
        #expect(byFile.arguments == expected + ["--config=\(file)"])
        #expect(byFile.assignments.map(\.setting) == [setting])
        #expect(byFile.assignments.first?.values.map(\.place) == [.file(file, line: 1)])
        let byFlag = try Self.settings(expected, [setting.variable: setting.kind == .flag ? "false" : "another"])
        #expect(byFlag.arguments == expected && byFlag.assignments.map(\.values.count) == [1])
    }

    @Test func `every setting is a flag of serve, and takes the sample`() throws {
        // These go without the one or the other.
        let excluded: Set<String> = [
            "open", "init-payload-file", "header-file", "credentials-command", "credentials-timeout",
        ]
        let words = RelaySettings.catalogue.settings.filter { !excluded.contains($0.key) }.map(Self.word)
        #expect(words.count > 80)
        do {
            _ = try ServeCommand.parse(words)
            for key in excluded.subtracting(["open", "credentials-timeout"]) {
                _ = try ServeCommand.parse(["--upstream=ws://a", "--\(key)=/etc/hostname"])
            }
        } catch {
            Issue.record("\(ServeCommand.message(for: error))")
        }
    }

    @Test func `a flag takes back what the file says`() throws {
        let folder = TemporaryFolder()
        let file = folder.write("open: true\nallow-execute: true\n", to: "relay.yaml")
        let settings = try Self.settings(["--config=\(file)", "--no-open"])
        let command = try #require(try ServeCommand.parse(settings.arguments) as ServeCommand?)
        #expect(!command.access.open && command.queries.allowExecute)
    }

    @Test func `commands take what concerns them`() throws {
        let environment = ["FANOUT_RELAY_UPSTREAM": "ws://a", "FANOUT_RELAY_SHARDS": "2", "HOME": "/root"]
        #expect(try RelaySettings.settings(["serve"], environment: ["HOME": "/root"]) == nil)
        #expect(try RelaySettings.settings(["demo"], environment: environment) == nil)
        #expect(
            try RelaySettings.settings(["serve", "--open"], environment: environment)?.arguments
                == ["--upstream=ws://a", "--shards=2", "--open"]
        )
        #expect(
            try RelaySettings.settings(["console"], environment: environment)?.arguments == ["--upstream=ws://a"]
        )
        #expect(try RelaySettings.settings(["console"], environment: environment)?.unknownVariables == [])
    }
}
