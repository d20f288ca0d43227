#if Cluster
import FanoutRelay
import NATSLink
import NATSServers
import TestSupport
import Testing

extension Loopback {
    /// What is found out about a group's servers before a relay runs.
    @Suite(.timeLimit(.minutes(1)), .disabled(if: NATSServerProcess.areMissing, "there is no nats-server"))
    struct FindingTests {
        private static let smallEvent = 1 << 10

        private static func group(_ servers: NATSServerProcess...) throws -> ClusterConfiguration {
            ClusterConfiguration(servers: try servers.map { try $0.server }, node: "one")
        }

        /// What was found, a line each.
        private static func lines(
            _ cluster: ClusterConfiguration,
            largestEvent: Int = smallEvent
        ) async -> [String] {
            await cluster.findings(largestEvent: largestEvent).map { "\($0.severity): \($0.text)" }
        }

        @Test(arguments: NATSServerProcess.programs)
        func `a server without streams is ready for the first relay`(program: String) async throws {
            let server = try NATSServerProcess(program)
            var cluster = try Self.group(server)
            cluster.partitions = 2
            let lines = await Self.lines(cluster)
            #expect(
                lines == [
                    "note: connected to 127.0.0.1:\(server.port)",
                    "note: no stream fanout-fanout-0, fanout-fanout-1 yet: the first relay makes it",
                ]
            )
            // Looking makes none.
            #expect(await Self.lines(cluster) == lines)
        }

        @Test(arguments: NATSServerProcess.programs)
        func `an edge needs the streams`(program: String) async throws {
            let server = try NATSServerProcess(program)
            var cluster = try Self.group(server)
            cluster.role = .edge
            #expect(
                await Self.lines(cluster).last
                    == "fault: no stream fanout-fanout-0, and an edge makes none: a relay of the role any has to be "
                    + "first"
            )
        }

        @Test(arguments: NATSServerProcess.programs)
        func `a stream is as configured, or how it differs is told`(program: String) async throws {
            try await GroupStage.run(program) { stage in
                let relay = try await stage.start("one", [Stage.manual()])
                var cluster = try #require(relay.configuration.cluster)
                let lines = await Self.lines(cluster)
                #expect(lines.count == 2)
                #expect(lines.last?.hasPrefix("note: stream fanout-fanout-0: as configured, with ") == true)
                cluster.role = .edge
                cluster.storage = .memory
                cluster.historyBytes = 32 << 20
                let line = try #require(await Self.lines(cluster).last)
                #expect(line.hasPrefix("fault: stream fanout-fanout-0: its storage is file, wanted is memory; "))
                #expect(line.contains("its max_bytes is \(64 << 20), wanted is \(32 << 20)"), "\(line)")
            }
        }

        @Test(arguments: NATSServerProcess.programs)
        func `of several servers any will do, and those that are lost are told`(program: String) async throws {
            let server = try NATSServerProcess(program)
            let missing = try NATSServerProcess(program, isRunning: false)
            let lines = await Self.lines(try Self.group(missing, server))
            #expect(lines.count == 3)
            #expect(lines.first?.hasPrefix("warning: a server can't be reached: 127.0.0.1:\(missing.port): ") == true)
            #expect(lines.dropFirst().first == "note: connected to 127.0.0.1:\(server.port)")
        }

        @Test(arguments: NATSServerProcess.programs)
        func `servers that aren't one cluster are told`(program: String) async throws {
            let servers = [try NATSServerProcess(program), try NATSServerProcess(program)]
            let apart = await Self.lines(try Self.group(servers[0], servers[1])).filter { $0.hasPrefix("fault: ") }
            #expect(
                apart == [
                    "fault: 127.0.0.1:\(servers[0].port) and 127.0.0.1:\(servers[1].port) are servers by themselves, "
                        + "not one cluster"
                ]
            )
            let ports = [
                try NATSServerProcess(program, isRunning: false).port,
                try NATSServerProcess(program, isRunning: false).port,
            ]
            let routes = ports.map { "nats://127.0.0.1:\($0)" }.joined(separator: ", ")
            let clustered = try ports.map { port in
                let lines = "cluster { name: test, listen: \"127.0.0.1:\(port)\", routes: [\(routes)] }"
                return try NATSServerProcess(program, lines: lines, hasStreams: false)
            }
            // The servers connect to each other in their own time.
            var lines: [String]
            repeat {
                try Task.checkCancellation()
                lines = await Self.lines(try Self.group(clustered[0], clustered[1]))
            } while lines.contains { $0.hasSuffix("not one cluster") }
            let names = clustered.map { "127.0.0.1:\($0.port)" }.joined(separator: ", ")
            #expect(lines.first == "note: connected to \(names)")
            #expect(lines.last?.contains(": JetStream is off ") == true, "\(lines)")
        }

        @Test func `without any server each has its reason`() async throws {
            let program = try #require(NATSServerProcess.programs.first)
            let missing = [
                try NATSServerProcess(program, isRunning: false), try NATSServerProcess(program, isRunning: false),
            ]
            let lines = await Self.lines(try Self.group(missing[0], missing[1]))
            #expect(lines.count == 1)
            let line = try #require(lines.first)
            #expect(line.hasPrefix("fault: no server can be reached: "))
            for server in missing { #expect(line.contains("127.0.0.1:\(server.port): "), "\(line)") }
        }

        @Test func `a server that takes connections and says nothing is given up`() async throws {
            let program = try #require(NATSServerProcess.programs.first)
            let server = try NATSServerProcess(program)
            server.stop()
            let findings = try await Self.group(server).findings(largestEvent: 1, within: .milliseconds(300))
            #expect(findings.map(\.severity) == [.fault])
            #expect(findings.first?.text.contains("no answer within 0.3 seconds") == true, "\(findings)")
        }

        @Test(arguments: NATSServerProcess.programs)
        func `JetStream that is off is told`(program: String) async throws {
            let server = try NATSServerProcess(program, hasStreams: false)
            let line = try #require(await Self.lines(try Self.group(server)).last)
            let words = "fault: 127.0.0.1:\(server.port): nobody answers for JetStream: JetStream is off "
            #expect(line.hasPrefix(words), "\(line)")
        }

        @Test(arguments: NATSServerProcess.programs)
        func `an account without JetStream is told`(program: String) async throws {
            let accounts = #"accounts { A { users: [{ user: me, password: secret }] } }"#
            let server = try NATSServerProcess(program, lines: accounts)
            var cluster = try Self.group(server)
            let folder = TemporaryFolder()
            cluster.credentials = .passwordFile(user: "me", path: folder.write("secret", to: "password"))
            let line = try #require(await Self.lines(cluster).last)
            #expect(line.hasPrefix("fault: 127.0.0.1:\(server.port): "), "\(line)")
            #expect(line.contains("JetStream"), "\(line)")
        }

        @Test(arguments: NATSServerProcess.programs)
        func `an account that may keep too little is told`(program: String) async throws {
            let accounts = #"""
                accounts { A { jetstream { max_file: 1000000, max_mem: 1000000 }
                  users: [{ user: me, password: secret }] } }
                """#
            let server = try NATSServerProcess(program, lines: accounts)
            var cluster = try Self.group(server)
            let folder = TemporaryFolder()
            cluster.credentials = .passwordFile(user: "me", path: folder.write("secret", to: "password"))
            for storage in [StreamConfiguration.Storage.file, .memory] {
                cluster.storage = storage
                let line = try #require(await Self.lines(cluster).last)
                #expect(line.hasPrefix("fault: the account may keep 1000000 bytes in \(storage.rawValue), "), "\(line)")
            }
        }

        @Test(arguments: NATSServerProcess.programs)
        func `what an account may not ask is told`(program: String) async throws {
            let user = #"{ user: me, password: secret, permissions: { publish: { deny: ["$JS.API.INFO"] } } }"#
            let server = try NATSServerProcess(program, lines: "authorization { users: [\(user)] }")
            var cluster = try Self.group(server)
            let folder = TemporaryFolder()
            cluster.credentials = .passwordFile(user: "me", path: folder.write("secret", to: "password"))
            let line = try #require(await Self.lines(cluster).last)
            #expect(line.hasPrefix("fault: 127.0.0.1:\(server.port): JetStream: no answer in time: "), "\(line)")
            #expect(line.contains("$JS.API.INFO"), "\(line)")
        }

        @Test(arguments: NATSServerProcess.programs)
        func `who isn't let in is told so, without the secret`(program: String) async throws {
            let server = try NATSServerProcess(program, lines: #"authorization { token: "right-secret" }"#)
            var cluster = try Self.group(server)
            let folder = TemporaryFolder()
            cluster.credentials = .tokenFile(folder.write("wrong-secret", to: "token"))
            let line = try #require(await Self.lines(cluster).last)
            #expect(line.hasPrefix("fault: no server can be reached: 127.0.0.1:\(server.port): "), "\(line)")
            #expect(line.lowercased().contains("authorization") && !line.contains("secret"), "\(line)")
            cluster.credentials = .tokenFile(folder.write("right-secret", to: "token"))
            #expect(await Self.lines(cluster).first == "note: connected to 127.0.0.1:\(server.port)")
        }

        @Test(arguments: NATSServerProcess.programs)
        func `the servers' largest message is compared with events, and with what the log needs`(
            program: String
        ) async throws {
            let server = try NATSServerProcess(program, lines: "max_payload: 65536")
            let cluster = try Self.group(server)
            #expect(await Self.lines(cluster, largestEvent: 65536).count == 2)
            #expect(
                await Self.lines(cluster, largestEvent: 65537).dropFirst().first
                    == "warning: the servers take messages of up to 65536 bytes (max_payload): larger events, which "
                    + "may have 65537, are split"
            )
            let small = try NATSServerProcess(program, lines: "max_payload: 4000")
            let line = try #require(await Self.lines(try Self.group(small)).dropFirst().first)
            #expect(line.hasPrefix("fault: the servers take messages of up to 4000 bytes (max_payload); "), "\(line)")
        }

        @Test func `a secret that may travel in plaintext is warned of`() async throws {
            let program = try #require(NATSServerProcess.programs.first)
            let server = try NATSServerProcess(program)
            var cluster = try Self.group(server)
            let folder = TemporaryFolder()
            cluster.credentials = .tokenFile(folder.write("token", to: "token"))
            #expect(await Self.lines(cluster).allSatisfy { !$0.contains("plaintext") })
            // A name that no resolver knows: RFC 6761.
            cluster.servers.append(try NATSServer(parsing: "nats://relay.invalid:4222"))
            #expect(
                await Self.lines(cluster).contains { line in
                    line.hasPrefix("warning: relay.invalid:4222: the token or password is sent in plaintext")
                }
            )
        }
    }
}
#endif
