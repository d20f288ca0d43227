import ArgumentParser
import FanoutRelay
import GraphQLSession
import Testing
import Wire

@testable import FanoutRelayCommand

/// Where a relay listens, and what holds there.
struct ListenOptionsTests {
    private func configuration(_ arguments: String...) throws -> Configuration {
        var configuration = Configuration(upstream: try Endpoint(parsing: "ws://localhost"), topics: [], shards: 1)
        try ListenOptions.parse(arguments).apply(to: &configuration)
        return configuration
    }

    private func line(_ value: String) throws -> String {
        let error = #expect(throws: (any Error).self) { try ListenOptions.parse(["--listen", value]) }
        #expect(try ListenOptions.exitCode(for: #require(error)).rawValue == 64)
        return try ListenOptions.message(for: #require(error))
    }

    private static func port(_ host: String, _ port: UInt16) -> ListenerConfiguration {
        ListenerConfiguration(.port(host: host, port: port))
    }

    @Test func `without a flag it is the configuration's default`() throws {
        #expect(try configuration().listeners == [Self.port("127.0.0.1", 8080)])
    }

    @Test func `addresses are taken in their order`() throws {
        let given = try configuration(
            "--listen",
            "8081",
            "--listen",
            "[::1]:0",
            "--listen",
            "unix:/run/relay.sock",
            "--listen",
            "0.0.0.0:80"
        )
        #expect(
            given.listeners == [
                Self.port("127.0.0.1", 8081), Self.port("::1", 0),
                ListenerConfiguration(.unix(path: "/run/relay.sock")), Self.port("0.0.0.0", 80),
            ]
        )
    }

    @Test func `options hold for their address alone`() throws {
        let path = #filePath
        let given = try configuration(
            "--listen",
            "unix:s,mode=0600,group=root,origins=https://A.example|http://b.example:80",
            "--listen",
            "0.0.0.0:443,tls-certificate=\(path),tls-key=\(path),origin=*",
            "--listen",
            "0.0.0.0:80,tls=off,origin=https://a.example,origin=https://b.example",
            "--tls-certificate",
            path,
            "--tls-key",
            path
        )
        let files = TLSFiles(certificate: path, key: path)
        #expect(given.tls == files)
        #expect(
            given.listeners.map(\.address) == [
                .unix(path: "s", mode: 0o600, group: 0), .port(host: "0.0.0.0", port: 443),
                .port(host: "0.0.0.0", port: 80),
            ]
        )
        #expect(given.listeners.map(\.tls) == [.inherited, .files(files), .off])
        #expect(
            given.listeners.map(\.allowedOrigins) == [
                ["https://a.example", "http://b.example"], ["*"], ["https://a.example", "https://b.example"],
            ]
        )
    }

    @Test(arguments: [
        ("::1:80", "[IPV6]:PORT"), ("", "HOST:PORT"), ("localhost", "HOST:PORT"), ("unix:", "unix: and a path"),
        ("unix:" + String(repeating: "x", count: 108), "107 bytes"), ("systemd:", "systemd:NAME"),
        ("80,", "NAME"), ("80,mode=0660", "behind unix:PATH only"), ("80,group=root", "behind unix:PATH only"),
        ("systemd,mode=0660", "behind unix:PATH only"), ("unix:s,mode=999", "0000 to 0777"),
        ("unix:s,mode=1777", "0000 to 0777"), ("unix:s,mode=+660", "0000 to 0777"), ("unix:s,mode=", "mode=0660"),
        ("unix:s,mode=0660,mode=0600", "allowed: once"), ("unix:s,group=no such group", "a group of this system"),
        ("80,tls=on", "tls=off"), ("80,tls=off,tls-key=k,tls-certificate=c", "without tls-certificate="),
        ("80,tls-key=k", "together with tls-certificate="), ("80,tls-certificate=c", "together with tls-key="),
        ("80,origin=example.org", "such as https://example.org"),
        ("80,origins=https://a|", "such as https://example.org"),
        ("80,colour=red", "tls-certificate=FILE"), ("80,tls", "tls=off"),
    ])
    func `what can't be meant is refused in one line that says what is allowed`(value: String, allowed: String) throws {
        let line = try line(value)
        #expect(line.contains("--listen"))
        #expect(line.contains("allowed: "))
        #expect(line.contains(allowed))
    }

    @Test func `headers of the PROXY protocol are read from trusted proxies only`() throws {
        let given = try configuration(
            "--listen",
            "0.0.0.0:80,proxy-protocol",
            "--listen",
            "unix:s",
            "--trusted-proxy",
            "10.0.0.0/8",
            "--trusted-proxy",
            "::1"
        )
        #expect(given.listeners.map(\.readsProxyHeader) == [true, false])
        #expect(given.trustedProxies.map(\.description) == ["10.0.0.0/8", "::1/128"])
        #expect(try configuration("--listen", "unix:s,proxy-protocol").listeners[0].readsProxyHeader)
        let failure = #expect(throws: Failure.self) { try configuration("--listen", "80,proxy-protocol") }
        #expect(failure?.exitCode == 64)
        #expect(failure?.line.contains("allowed: together with --trusted-proxy only") == true)
        #expect(throws: (any Error).self) { try ListenOptions.parse(["--listen", "80,proxy-protocol=on"]) }
        #expect(throws: (any Error).self) { try ListenOptions.parse(["--trusted-proxy", "10.0.0.1/8"]) }
    }

    @Test(arguments: [
        ("none", ForwardedFields.none), ("forwarded", .forwarded),
        ("x-forwarded-for", .forwardedFor(host: false, scheme: false)),
        ("x-forwarded-for,x-forwarded-host,x-forwarded-proto", .forwardedFor(host: true, scheme: true)),
        ("x-forwarded-for,x-forwarded-proto", .forwardedFor(host: false, scheme: true)),
    ])
    func `it is said which fields of requests proxies write`(value: String, fields: ForwardedFields) throws {
        let given = try configuration("--trusted-proxy", "10.0.0.0/8", "--forwarded-header", value)
        #expect(given.forwardedFields == fields)
        #expect(fields.description == value)
        #expect(try configuration().forwardedFields == .none)
    }

    @Test(arguments: [
        "", "on", "Forwarded", "x-forwarded-host", "x-forwarded-for,", "x-forwarded-for,forwarded",
        "x-forwarded-for,x-forwarded-host,x-forwarded-host", "forwarded,x-forwarded-proto", "x-real-ip",
    ])
    func `other fields are refused`(value: String) throws {
        let error = #expect(throws: (any Error).self) { try ListenOptions.parse(["--forwarded-header", value]) }
        #expect(try ListenOptions.exitCode(for: #require(error)).rawValue == 64)
        #expect(
            try ListenOptions.message(for: #require(error)).contains("allowed: none, forwarded, or x-forwarded-for")
        )
    }

    @Test func `fields of requests are read from trusted proxies and in plaintext only`() throws {
        let untrusted = #expect(throws: Failure.self) { try configuration("--forwarded-header", "forwarded") }
        #expect(untrusted?.exitCode == 64)
        #expect(
            untrusted?.line
                == "--forwarded-header forwarded: allowed: together with --trusted-proxy, or a Unix socket, only"
        )
        #expect(try configuration("--listen", "unix:s", "--forwarded-header", "forwarded").trustedProxies == [])
        let path = #filePath
        let tls = ["--listen", "443", "--tls-certificate", path, "--tls-key", path]
        let forwarding = ["--trusted-proxy", "::1", "--forwarded-header", "forwarded"]
        let secure = #expect(throws: Failure.self) {
            var configuration = Configuration.defaults
            try ListenOptions.parse(tls + forwarding).apply(to: &configuration)
        }
        #expect(secure?.exitCode == 64)
        #expect(secure?.line.contains("allowed: with an address without TLS") == true)
        var both = Configuration.defaults
        try ListenOptions.parse(tls + forwarding + ["--listen", "80,tls=off"]).apply(to: &both)
        #expect(both.forwardedFields == .forwarded)
    }

    @Test func `check says where clients are named by fields`() throws {
        func lines(_ flags: [String]) throws -> [String] {
            var configuration = Configuration.defaults
            try ListenOptions.parse(flags).apply(to: &configuration)
            return try ListenerReport(configuration).lines
        }
        let flags = [
            "--listen", "80", "--listen", "unix:s,proxy-protocol", "--trusted-proxy", "::1", "--forwarded-header",
            "x-forwarded-for,x-forwarded-proto",
        ]
        #expect(
            try lines(flags) == [
                "--listen 127.0.0.1:80: plaintext, clients named by x-forwarded-for,x-forwarded-proto",
                "--listen unix:s: plaintext, behind a PROXY header, clients named by x-forwarded-for,x-forwarded-proto",
            ]
        )
        #expect(try lines(["--listen", "80"]) == ["--listen 127.0.0.1:80: plaintext"])
    }

    @Test func `a file that can't be read ends with 78, and its option is named`() throws {
        for (certificate, key, option) in [("/none", #filePath, "tls-certificate"), (#filePath, "/none", "tls-key")] {
            let failure = #expect(throws: Failure.self) {
                try configuration("--listen", "80,tls-certificate=\(certificate),tls-key=\(key)")
            }
            #expect(failure?.exitCode == 78)
            #expect(failure?.line.hasPrefix("--listen \(option): ") == true)
        }
    }

    @Test func `sockets that nobody passed can't be taken`() throws {
        for value in ["systemd", "systemd:web"] {
            let failure = #expect(throws: Failure.self) { try configuration("--listen", value) }
            #expect(failure?.exitCode == 64)
            #expect(failure?.line.hasPrefix("--listen \(value): no socket was passed") == true)
        }
    }

    @Test(arguments: [
        ("127.0.0.1:80", true), ("[::1]:80", true), ("localhost:80", true), ("unix:s", true), ("0.0.0.0:80", false),
        ("[::]:80", false), ("192.0.2.1:80", false), ("relay.example:80", false),
    ])
    func `beyond loopback somebody has to say who may enter, for each address`(address: String, isLocal: Bool) throws {
        var given = try configuration("--listen", "127.0.0.1:1", "--listen", address)
        let access = try AccessOptions.parse([])
        if isLocal {
            try access.apply(to: &given)
        } else {
            let failure = #expect(throws: Failure.self) { try access.apply(to: &given) }
            #expect(failure?.line.hasPrefix("--listen \(address): ") == true)
            try AccessOptions.parse(["--open"]).apply(to: &given)
        }
    }
}
