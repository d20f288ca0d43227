import ArgumentParser
import FanoutRelay
import GraphQLSession
import TestSupport
import Testing

@testable import FanoutRelayCommand

/// Where operators come to, as flags say it.
struct OperatorOptionsTests {
    private struct Flags {
        var listen: [String] = []
        var access: [String] = []
        var operators: [String]

        func configuration() throws -> Configuration {
            var configuration = Configuration(upstream: try Endpoint(parsing: "ws://localhost"), topics: [], shards: 1)
            try ListenOptions.parse(listen).apply(to: &configuration)
            try AccessOptions.parse(access).apply(to: &configuration)
            try OperatorOptions.parse(operators).apply(to: &configuration)
            return configuration
        }

        func failure() throws -> Failure {
            try #require(#expect(throws: Failure.self) { try configuration() })
        }
    }

    @Test func `there are none by default`() throws {
        #expect(try Flags(operators: []).configuration().operatorListeners.isEmpty)
    }

    @Test func `addresses are written as those of clients`() throws {
        let path = #filePath
        let listeners = try Flags(
            operators: [
                "--admin-listen", "9090", "--admin-listen", "unix:s,mode=0600", "--admin-listen",
                "[::1]:9091,tls-certificate=\(path),tls-key=\(path),origins=https://ops.example",
            ]
        )
        .configuration().operatorListeners
        #expect(
            listeners.map(\.address) == [
                .port(host: "127.0.0.1", port: 9090), .unix(path: "s", mode: 0o600), .port(host: "::1", port: 9091),
            ]
        )
        #expect(listeners[2].tls == .files(TLSFiles(certificate: path, key: path)))
        #expect(listeners.map(\.allowedOrigins) == [nil, nil, ["https://ops.example"]])
    }

    @Test(arguments: [
        ["--admin-listen", "0.0.0.0:9090"], ["--admin-listen", "9090", "--admin-listen", "[::]:9090"],
        ["--admin-listen", "unix:s,proxy-protocol"],
    ])
    func `others than this machine's need a token that can be judged`(operators: [String]) throws {
        for access in [[], ["--open"]] {
            let failure = try Flags(access: access, operators: operators).failure()
            #expect(failure.exitCode == 64)
            #expect(failure.line.hasPrefix("--admin-listen "), "\(failure.line)")
            #expect(failure.line.contains("allowed: with "), "\(failure.line)")
        }
        let hook = ["--auth-hook", "https://who.example/"]
        #expect(try !Flags(access: hook, operators: operators).configuration().operatorListeners.isEmpty)
    }

    @Test(arguments: [
        ["--trusted-proxy", "127.0.0.1"],
        ["--trusted-proxy", "127.0.0.1", "--forwarded-header", "forwarded"],
        ["--listen", "unix:s", "--forwarded-header", "x-forwarded-for"],
    ])
    func `loopback needs one too where a proxy brings anybody`(listen: [String]) throws {
        let folder = TemporaryFolder()
        let (clients, operators) = (
            folder.write("0123456789abcdef scopes=admin\n", to: "clients"),
            folder.write("0123456789abcdef\n", to: "operators")
        )
        for address in ["9090", "unix:o"] {
            let flags = ["--admin-listen", address]
            let failure = try Flags(listen: listen, access: ["--open"], operators: flags).failure()
            #expect(failure.exitCode == 64 && failure.line.hasPrefix("--admin-listen "), "\(failure.line)")
            for given in [
                Flags(listen: listen, access: ["--token-file", clients], operators: flags),
                Flags(listen: listen, access: ["--open"], operators: flags + ["--admin-token-file", operators]),
            ] {
                let configuration = try given.configuration()
                #expect(configuration.operatorListeners.map(configuration.isOpen) == [false])
                #expect(try ListenerReport(configuration).lines.last?.hasSuffix(", for operators with a token") == true)
            }
        }
    }

    @Test func `the PROXY protocol needs a proxy that is trusted`() throws {
        let failure = try Flags(operators: ["--admin-listen", "9090,proxy-protocol"]).failure()
        #expect(failure.exitCode == 64 && failure.line.hasPrefix("--admin-listen 127.0.0.1:9090,proxy-protocol: "))
    }

    @Test func `a file that isn't there is named with its flag`() throws {
        let failure = try Flags(operators: ["--admin-listen", "9090,tls-certificate=/none,tls-key=/none"]).failure()
        #expect(failure.exitCode == 78 && failure.line.hasPrefix("--admin-listen tls-certificate: "))
    }

    @Test func `a file of tokens lets an address be open to others, and closes all`() throws {
        let folder = TemporaryFolder()
        let file = folder.write("# who is on call\n0123456789abcdef subject=ops\n", to: "tokens")
        let operators = ["--admin-listen", "0.0.0.0:9090", "--admin-listen", "9090", "--admin-token-file", file]
        let configuration = try Flags(operators: operators).configuration()
        #expect(configuration.authorizer.knowsOperators && configuration.authorizer.isOpen)
        #expect(configuration.operatorListeners.map(configuration.isOpen) == [false, false])
        let report = try ListenerReport(configuration)
        #expect(report.lines.last == "--admin-listen 127.0.0.1:9090: plaintext, for operators with a token")
    }

    @Test func `a file of tokens that can't be used ends with 78, and one for nothing with 64`() throws {
        let folder = TemporaryFolder()
        let file = folder.write("0123456789abcdef scopes=admin\n", to: "tokens")
        for (path, words) in [(file, "line 1: word 2 isn't known; allowed: subject=NAME"), ("/none", "No such file")] {
            let failure = try Flags(operators: ["--admin-listen", "9090", "--admin-token-file", path]).failure()
            #expect(failure.exitCode == 78)
            #expect(failure.line.hasPrefix("--admin-token-file") && failure.line.contains(words), "\(failure.line)")
        }
        let error = #expect(throws: (any Error).self) { try OperatorOptions.parse(["--admin-token-file", file]) }
        let message = try OperatorOptions.message(for: #require(error))
        #expect(message.contains("--admin-token-file: allowed: together with --admin-listen only"))
        #expect(try OperatorOptions.exitCode(for: #require(error)).rawValue == 64)
    }

    @Test func `the report has a line for each`() throws {
        let folder = TemporaryFolder()
        let file = folder.write("0123456789abcdef scopes=admin\n", to: "tokens")
        let flags = Flags(
            access: ["--token-file", file],
            operators: ["--admin-listen", "9090", "--admin-listen", "0.0.0.0:9091"]
        )
        let report = try ListenerReport(try flags.configuration())
        #expect(
            report.lines == [
                "--listen 127.0.0.1:8080: plaintext",
                "--admin-listen 127.0.0.1:9090: plaintext, for operators without a token",
                "--admin-listen 0.0.0.0:9091: plaintext, open to other machines, for operators with a token",
            ]
        )
    }
}
