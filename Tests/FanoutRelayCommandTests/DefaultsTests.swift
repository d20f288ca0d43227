import ArgumentParser
import Backoffs
import CommandSupport
import FanoutRelay
import GraphQLSession
import Testing

@testable import FanoutRelayCommand

/// A flag's default is the configuration's, and the help says which that is.
struct DefaultsTests {
    private static func text(of value: some Any) -> String {
        var text = ""
        dump(value, to: &text)
        return text
    }

    @Test func `without flags a relay is what its configuration is by default`() throws {
        var configuration = Configuration.defaults
        try DemandOptions.parse([]).apply(to: &configuration)
        try QueryOptions.parse([]).apply(to: &configuration)
        try ListenOptions.parse([]).apply(to: &configuration)
        try DownstreamOptions.parse([]).apply(to: &configuration)
        try LimitOptions.parse([]).apply(to: &configuration)
        try ClusterOptions.parse([]).apply(to: &configuration)
        configuration.refetchTimeout = try TopicOptions.parse([]).refetchTimeout
        let expected = Self.text(of: Configuration.defaults)
        #expect(Self.text(of: configuration) == expected)
        let retry = try UpstreamOptions.parse([]).retrySubscribe
        #expect("\(retry)" == "\(Configuration.defaults.retrySubscribe)")
    }

    private static let properties: [(String, @Sendable (SessionConfiguration) -> String)] = [
        ("subprotocols", { "\($0.subprotocols)" }), ("retryConnect", { "\($0.retryConnect)" }),
        ("retryExecute", { "\($0.retryExecute)" }), ("executeTimeout", { "\($0.executeTimeout, default: "none")" }),
        ("stableAfter", { "\($0.stableAfter)" }), ("fatalPause", { "\($0.fatalPause, default: "none")" }),
        ("connectTimeout", { "\($0.connectTimeout)" }), ("ackTimeout", { "\($0.acknowledgementTimeout)" }),
        ("pingInterval", { "\($0.pingInterval, default: "none")" }), ("pongTimeout", { "\($0.pongTimeout)" }),
        ("closeTimeout", { "\($0.closeTimeout)" }), ("probe", { "\($0.probe)" }),
        ("maximumMessageSize", { "\($0.maximumMessageSize)" }), ("closeCodes", { text(of: $0.closeCodes) }),
    ]

    @Test(arguments: properties.indices)
    func `without flags a session is what its configuration is by default`(index: Int) throws {
        let (name, property) = Self.properties[index]
        let given = try UpstreamOptions.parse([]).configuration()
        #expect(property(given) == property(SessionConfiguration()), "\(name)")
    }

    @Test(arguments: [
        ("--listen", "127.0.0.1:8080"), ("--retry-connect", "'\(SessionConfiguration().retryConnect)'"),
        ("--retry-execute", "'\(SessionConfiguration().retryExecute)'"), ("--stable-after", "10s"),
        ("--max-message", "16MiB"), ("--history-bytes", "4MiB"), ("--max-gathered-bytes", "64MiB"),
        ("--max-answer-bytes-per-client", "16MiB"), ("--upstream-subprotocol", "graphql-transport-ws, graphql-ws"),
        ("--log-level", "info"), ("--probe", "websocket"), ("--drain-window", "5s"),
        ("--cluster-lease", "2s"), ("--cluster-history-bytes", "256MiB"), ("--cluster-replicas", "1"),
        ("--cluster-storage", "file"), ("--cluster-name", "fanout"),
    ])
    func `the help of serve names the default`(flag: String, standard: String) {
        #expect(Self.entry(flag).hasSuffix("default: \(standard))"), "\(Self.entry(flag))")
    }

    /// A flag's line of serve's help, with the one behind it where the flag has a line of its own.
    private static func entry(_ flag: String) -> String {
        let lines = ServeCommand.helpMessage(columns: 10_000).split(separator: "\n")
        let found = lines.drop { !$0.contains("  \(flag) <") }.prefix(2)
        return found.first?.hasSuffix(">") == true ? found.joined() : "\(found.first ?? "")"
    }

    @Test func `no help repeats a default by hand`() {
        let helps = [
            ServeCommand.helpMessage(columns: 10_000), CheckCommand.helpMessage(columns: 10_000),
            ConsoleCommand.helpMessage(columns: 10_000), DemoCommand.helpMessage(columns: 10_000),
        ]
        for help in helps {
            for line in help.split(separator: "\n") where line.contains("(default: ") || line.contains("; default: ") {
                #expect(!line.contains("by default"), "\(line)")
            }
        }
    }

    @Test func `the version is that of both programs`() {
        let exit = #expect(throws: (any Error).self) { try FanoutRelayCommand.parseAsRoot(["--version"]) }
        #expect(exit.map { FanoutRelayCommand.message(for: $0) } == Version.current)
    }
}
