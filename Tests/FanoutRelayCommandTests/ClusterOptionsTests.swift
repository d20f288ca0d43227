import ArgumentParser
import CommandSupport
import FanoutRelay
import GraphQLSession
import NATSLink
import Settings
import Testing
import WebSockets

@testable import FanoutRelayCommand

/// How flags make a relay one of a group.
struct ClusterOptionsTests {
    private static let servers = ["--cluster", "nats://one:4222"]

    private func group(
        _ arguments: [String],
        largestEvent: Int = SessionConfiguration().maximumMessageSize
    ) throws -> ClusterConfiguration? {
        var configuration = Configuration.defaults
        configuration.session.maximumMessageSize = largestEvent
        try ClusterOptions.parse(arguments).apply(to: &configuration, isBuilt: true)
        return configuration.cluster
    }

    private func failure(_ arguments: [String], largestEvent: Int = 1 << 20) throws -> Failure {
        try #require(#expect(throws: Failure.self) { try group(arguments, largestEvent: largestEvent) })
    }

    /// The message and the exit code of what the parser refuses.
    private func refusal(_ arguments: [String]) throws -> (text: String, code: Int32) {
        let error = try #require(#expect(throws: (any Error).self) { try ClusterOptions.parse(arguments) })
        return (ClusterOptions.message(for: error), ClusterOptions.exitCode(for: error).rawValue)
    }

    @Test func `without servers a relay is by itself`() throws {
        #expect(try group([]) == nil)
    }

    @Test func `with servers alone all is as the configuration has it, and the node is the host`() throws {
        let expected = ClusterConfiguration(servers: [try NATSServer(parsing: "nats://one")], node: Flags.hostName)
        #expect(!Flags.hostName.isEmpty)
        #expect(try group(Self.servers) == expected)
        #expect(expected.flaw == nil)
    }

    @Test func `each flag reaches the configuration`() throws {
        let servers = [try NATSServer(parsing: "tls://one:1"), try NATSServer(parsing: "tls://[::1]")]
        var expected = ClusterConfiguration(servers: servers, node: "relay-1.relays")
        expected.name = "a_b-1"
        expected.role = .edge
        expected.standby = .hot
        expected.lease = .milliseconds(1500)
        expected.partitions = 4
        expected.replicas = 3
        expected.storage = .memory
        expected.historyBytes = 512 << 20
        expected.historyAge = .seconds(3600)
        expected.linger = .milliseconds(5)
        expected.credentials = .passwordFile(user: "me", path: #filePath)
        expected.authorityFile = #filePath
        expected.identity = TLSIdentity(certificateFile: #filePath, keyFile: #filePath)
        let given = try group([
            "--cluster", "tls://one:1, tls://[::1]", "--cluster-node", "relay-1.relays", "--cluster-name", "a_b-1",
            "--cluster-role", "edge", "--cluster-standby", "hot", "--cluster-lease", "1500ms", "--cluster-partitions",
            "4", "--cluster-replicas", "3", "--cluster-storage", "memory", "--cluster-history-bytes", "512MiB",
            "--cluster-history-age", "1h", "--cluster-linger", "5ms", "--cluster-user", "me",
            "--cluster-password-file", #filePath, "--cluster-ca", #filePath, "--cluster-certificate", #filePath,
            "--cluster-key", #filePath,
        ])
        #expect(given == expected)
        #expect(expected.flaw == nil)
    }

    @Test func `there are three other ways to log in`() throws {
        for (flag, credentials) in [
            ("--cluster-credentials", NATSLinkConfiguration.Credentials.credentialsFile(#filePath)),
            ("--cluster-nkey-file", .seedFile(#filePath)), ("--cluster-token-file", .tokenFile(#filePath)),
        ] {
            #expect(try group(Self.servers + [flag, #filePath])?.credentials == credentials)
        }
    }

    @Test(arguments: [
        ("--cluster-name", "a.b", "allowed: 1 to 64 letters, digits, - and _"),
        ("--cluster-name", "", "allowed: 1 to 64 letters"),
        ("--cluster-name", String(repeating: "a", count: 65), "allowed: 1 to 64 letters"),
        ("--cluster-node", "", "allowed: 1 to 255 letters"), ("--cluster-node", "a b", "without spaces"),
        ("--cluster-node", "rel\u{E4}y", "of ASCII"),
        ("--cluster-node", String(repeating: "a", count: 256), "allowed: 1 to 255 letters"),
        ("--cluster-role", "leader", "allowed: any, edge"), ("--cluster-standby", "warm", "allowed: cold, hot"),
        ("--cluster-lease", "99ms", "allowed: 100ms to 1m"), ("--cluster-lease", "2", "a unit is missing"),
        ("--cluster-partitions", "0", "allowed: 1 to 64"), ("--cluster-partitions", "65", "allowed: 1 to 64"),
        ("--cluster-replicas", "2", "allowed: 1, 3, 5"), ("--cluster-storage", "disk", "allowed: file, memory"),
        ("--cluster-history-bytes", "256MB", "the unit is MiB"), ("--cluster-history-age", "0s", "allowed: 1s to "),
        ("--cluster-linger", "2s", "allowed: 0s to 1s"), ("--cluster-user", "a\nb", "without control characters"),
    ])
    func `a bad value is refused with the flag and what is allowed`(flag: String, value: String, words: String) throws {
        let (text, code) = try refusal(Self.servers + [flag, value])
        #expect(text.contains(flag) && text.contains("'\(value)'") && text.contains(words), "\(text)")
        #expect(code == 64)
    }

    @Test(arguments: [
        ("", "no server is named"), ("one:4222", "begins with neither nats:// nor tls://"),
        ("http://one", "begins with neither nats:// nor tls://"), ("nats://one:0", "has no valid host or port"),
        ("nats://one,tls://two", "nats:// and tls:// are mixed"),
    ])
    func `what is no list of servers is refused`(value: String, words: String) throws {
        let (text, code) = try refusal(["--cluster", value])
        #expect(text.contains("--cluster '\(value)': ") && text.contains(words), "\(text)")
        #expect(text.contains("allowed: nats://HOST:PORT or tls://HOST:PORT"), "\(text)")
        #expect(code == 64)
    }

    @Test func `a password in a server's URL is refused and isn't repeated`() throws {
        let (text, code) = try refusal(["--cluster", "nats://me:secret@one"])
        #expect(text.contains("--cluster: ") && text.contains("--cluster-credentials"), "\(text)")
        #expect(!text.contains("secret"))
        #expect(code == 64)
    }

    private static let others = [
        ("node", "a"), ("name", "a"), ("role", "edge"), ("standby", "hot"), ("lease", "1s"), ("partitions", "2"),
        ("replicas", "3"), ("storage", "memory"), ("history-bytes", "512MiB"), ("history-age", "1h"),
        ("linger", "1ms"), ("credentials", "a"), ("nkey-file", "a"), ("token-file", "a"), ("user", "a"),
        ("password-file", "a"), ("ca", "a"), ("certificate", "a"), ("key", "a"),
    ]

    @Test(arguments: others)
    func `a flag without servers is refused`(name: String, value: String) throws {
        let (text, code) = try refusal(["--cluster-\(name)", value])
        #expect(text.contains("--cluster-\(name): allowed: together with --cluster only"), "\(text)")
        #expect(code == 64)
    }

    @Test func `these are all the flags there are`() {
        let names = RelaySettings.catalogue.settings.filter { $0.section == "Cluster" }.map(\.key)
        #expect(names.first == "cluster")
        #expect(names.dropFirst() == Self.others.map { "cluster-\($0.0)" }[...])
    }

    @Test func `only one way to log in can be given, and each with what it needs`() throws {
        let file = #filePath
        for (arguments, line) in [
            (
                ["--cluster-credentials", file, "--cluster-token-file", file],
                "--cluster-token-file: allowed: without --cluster-credentials"
            ),
            (
                ["--cluster-nkey-file", file, "--cluster-user", "a", "--cluster-password-file", file],
                "--cluster-user: allowed: without --cluster-nkey-file"
            ),
            (["--cluster-user", "a"], "--cluster-user 'a': allowed: with --cluster-password-file"),
            (["--cluster-password-file", file], "--cluster-password-file: allowed: with --cluster-user"),
            (
                ["--cluster-token-file", file, "--cluster-password-file", file],
                "--cluster-password-file: allowed: with --cluster-user"
            ),
            (["--cluster-certificate", file], "--cluster-certificate: allowed: with --cluster-key"),
            (["--cluster-key", file], "--cluster-key: allowed: with --cluster-certificate"),
        ] {
            let failure = try failure(Self.servers + arguments)
            #expect(failure.line == line)
            #expect(failure.exitCode == 64)
        }
    }

    @Test(arguments: [
        ["--cluster-credentials"], ["--cluster-nkey-file"], ["--cluster-token-file"], ["--cluster-ca"],
        ["--cluster-user", "a", "--cluster-password-file"],
        ["--cluster-certificate", #filePath, "--cluster-key"], ["--cluster-key", #filePath, "--cluster-certificate"],
    ])
    func `a file that isn't there is named with its flag`(arguments: [String]) throws {
        let failure = try failure(Self.servers + arguments + ["/none"])
        #expect(failure.line.hasPrefix("\(arguments.last ?? ""): can't read the file '/none'"), "\(failure.line)")
        #expect(failure.exitCode == 78)
    }

    @Test func `a history holds the largest event eight times`() throws {
        let arguments = Self.servers + ["--cluster-history-bytes", "8MiB"]
        #expect(try group(arguments, largestEvent: 1 << 20)?.historyBytes == 8 << 20)
        let failure = try failure(arguments, largestEvent: 2 << 20)
        #expect(failure.line == "--cluster-history-bytes 8MiB: allowed: 8 times --max-message or more, 16MiB")
        #expect(failure.exitCode == 64)
    }

    @Test func `a program that was built without it says so, and what to do`() throws {
        var configuration = Configuration.defaults
        let options = try ClusterOptions.parse(Self.servers)
        let failure = try #require(
            #expect(throws: Failure.self) { try options.apply(to: &configuration, isBuilt: false) }
        )
        #expect(failure.line.hasPrefix("--cluster: this build can't be one of a group; allowed: "))
        #expect(failure.line.contains("--traits Cluster"))
        #expect(failure.exitCode == 64)
        #expect(configuration.cluster == nil)
        // What is wrong in any case is told by each build.
        #expect(try refusal(["--cluster", "one"]).code == 64)
    }

    @Test func `a password in a server's URL is hidden where settings are printed`() throws {
        let words = ["--cluster=nats://me:secret@one"]
        let settings = try RelaySettings.bringTogether(words, for: ServeCommand.self, environment: [:])
        let text = SettingsReport(RelaySettings.catalogue).effective(settings)
        #expect(text.contains("cluster: \"nats://***@one\"  # "))
        #expect(!text.contains("secret"))
    }
}
