#if Cluster
import NATSLink
import NATSServers
import OpenSSLCommand
import TestSupport
import Testing
import WebSockets

/// Who is let in by a server, and which server is believed.
@Suite(.enabled(if: !NATSServerProcess.areMissing), .timeLimit(.minutes(1)))
struct AccessTests {
    private static let seed = "SUACSSL3UAHUDXKFSNVUZRF5UHPMWZ6BFDTJ7M6USDXIEDNPPQYYYCU3VY"
    private static let publicKey = "UDXU4RCSJNZOIQHZNWXHXORDPRTGNJAHAHFRGZNEEJCPQTT2M7NLCNF4"
    private static let fixtures =
        #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(2)
        .joined(separator: "/") + "/Fixtures"

    /// Reads as JSON would have it only with its quotes and its backslash escaped.
    private static let oddSecret = #"a "quoted" back\slash"#

    /// How a server asks for something, and what shows it.
    private struct Way: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let lines: String
        let secret: String
        let credentials: @Sendable (String) -> NATSLinkConfiguration.Credentials

        static let all = [
            Way(
                testDescription: "password",
                lines: #"authorization { user: "m\"e", password: "a \"quoted\" back\\slash" }"#,
                secret: oddSecret
            ) { .passwordFile(user: #"m"e"#, path: $0) },
            Way(
                testDescription: "token",
                lines: #"authorization { token: "a \"quoted\" back\\slash" }"#,
                secret: oddSecret
            ) { .tokenFile($0) },
            Way(
                testDescription: "nkey",
                lines: "authorization { users: [{ nkey: \(publicKey) }] }",
                secret: "# the key of the relays\n\(seed)"
            ) { .seedFile($0) },
            Way(testDescription: "credentials", lines: "include \"../..\(fixtures)/operator.conf\"", secret: "") { _ in
                .credentialsFile("\(fixtures)/user.creds")
            },
        ]
    }

    @Test(arguments: NATSServerProcess.programs, Way.all)
    private func `who shows what the server asks for is let in, and others aren't`(program: String, way: Way)
        async throws
    {
        // Accounts of an operator have no streams unless they say so.
        let server = try NATSServerProcess(program, lines: way.lines, hasStreams: false)
        let folder = TemporaryFolder()
        let path = folder.write("\(way.secret)\n", to: "secret")
        let driver = try await LinkDriver.connect(to: server) { $0.credentials = way.credentials(path) }
        #expect(try await driver.ask("", at: "nobody") == .noResponders)
        await driver.end()
        let stranger = try await LinkDriver.start([server.server])
        // libnats gives up for good after the second time; the link goes on.
        for _ in 0..<4 {
            let reasons = await stranger.event(where: \.isFailed).reasons
            #expect(reasons == ["127.0.0.1:\(server.port): Authorization Violation"])
        }
        await stranger.end()
    }

    @Test(arguments: NATSServerProcess.programs)
    func `a wrong password is told, and the right one is used as soon as it is there`(program: String) async throws {
        let server = try NATSServerProcess(program, lines: "authorization { user: me, password: right }")
        let folder = TemporaryFolder()
        let path = folder.write("wrong", to: "password")
        let driver = try await LinkDriver.start([server.server]) {
            $0.credentials = .passwordFile(user: "me", path: path)
        }
        let reasons = await driver.event(where: \.isFailed).reasons
        #expect(reasons == ["127.0.0.1:\(server.port): Authorization Violation"])
        _ = folder.write("right", to: "password")
        await driver.event(where: \.isConnected)
        await driver.end()
    }

    @Test func `a file that can't be used is named`() async throws {
        let server = try NATSServerProcess(NATSServerProcess.programs[0])
        let folder = TemporaryFolder()
        let missing = folder.file("missing")
        let empty = folder.write(" \n", to: "empty")
        let large = folder.write(String(repeating: "a", count: 1 << 17), to: "large")
        for (credentials, reason) in [
            (.tokenFile(missing), "\(missing) can't be read: No such file or directory"),
            (.tokenFile(empty), "\(empty) is empty"),
            (.passwordFile(user: "me", path: large), "\(large) has more than 65536 bytes"),
            (.seedFile(large), "\(large) has more than 65536 bytes"),
            (
                .seedFile("\(Self.fixtures)/operator.conf"),
                "\(Self.fixtures)/operator.conf has no seed of a user's nkey"
            ),
        ] as [(NATSLinkConfiguration.Credentials, String)] {
            let driver = try await LinkDriver.start([server.server]) { $0.credentials = credentials }
            let reasons = await driver.event(where: \.isFailed).reasons
            #expect(reasons == ["127.0.0.1:\(server.port): \(reason)"])
            await driver.end()
        }
    }

    @Test(.enabled(if: OpenSSL.isInstalled), arguments: NATSServerProcess.programs)
    func `only a server whose certificate is signed and has its name is believed`(program: String) async throws {
        let files = try CertificateFiles()
        let strangers = try CertificateFiles()
        let lines = "tls { cert_file: \"\(files.certificate)\", key_file: \"\(files.key)\" }"
        let server = try NATSServerProcess(program, lines: lines)
        for (host, authority, word) in [
            ("localhost", files.certificate, nil), ("127.0.0.1", files.certificate, "mismatch"),
            ("localhost", strangers.certificate, "self-signed certificate"),
            ("localhost", nil, "self-signed certificate"),
        ] as [(String, String?, String?)] {
            let url = try NATSServer(parsing: "tls://\(host):\(server.port)")
            let driver = try await LinkDriver.start([url]) { $0.authorityFile = authority }
            if let word {
                let reasons = await driver.event(where: \.isFailed).reasons
                #expect(reasons.count == 1)
                #expect(reasons[0].contains(word), "\(host): \(reasons)")
            } else {
                await driver.event(where: \.isConnected)
                #expect(try await driver.ask("", at: "nobody") == .noResponders)
            }
            await driver.end()
        }
    }

    @Test(.enabled(if: OpenSSL.isInstalled), arguments: NATSServerProcess.programs)
    func `a server that asks for a certificate gets the client's`(program: String) async throws {
        let authority = try AuthorityFiles()
        let (own, client) = (try authority.issue("own", names: "DNS:localhost"), try authority.issue("client"))
        let lines = """
            tls { cert_file: "\(own.certificate)", key_file: "\(own.key)", ca_file: "\(authority.certificate)", verify: true }
            """
        let server = try NATSServerProcess(program, lines: lines)
        let url = try NATSServer(parsing: "tls://localhost:\(server.port)")
        let driver = try await LinkDriver.start([url]) {
            $0.authorityFile = authority.certificate
            $0.identity = TLSIdentity(certificateFile: client.certificate, keyFile: client.key)
        }
        await driver.event(where: \.isConnected)
        try await Self.talk(driver)
        await driver.end()
        let stranger = try await LinkDriver.start([url]) { $0.authorityFile = authority.certificate }
        await stranger.event(where: \.isFailed)
        await stranger.end()
    }

    /// Much in both directions at once.
    private static func talk(_ driver: LinkDriver) async throws {
        let deliveries = try await driver.deliveries(of: .of("a"))
        let payload = [UInt8](repeating: 7, count: 1000)
        try await driver.use { link in
            for _ in 0..<10_000 { #expect(link.publish(payload, to: .of("a")) == nil) }
        }
        #expect(await deliveries.messages(10_000).count == 10_000)
    }

    @Test(arguments: NATSServerProcess.programs)
    func `a server without TLS isn't spoken to where TLS is wanted`(program: String) async throws {
        let server = try NATSServerProcess(program)
        let driver = try await LinkDriver.start([try NATSServer(parsing: "tls://127.0.0.1:\(server.port)")])
        let reasons = await driver.event(where: \.isFailed).reasons
        #expect(reasons == ["127.0.0.1:\(server.port): Secure Connection not available"], "\(reasons)")
        await driver.end()
    }

    @Test(arguments: NATSServerProcess.programs)
    func `what isn't permitted is told, and costs no connection`(program: String) async throws {
        let lines =
            "authorization { users: [{ user: a, password: a, permissions: { publish: { deny: [log] } } }] }\n"
            + "no_auth_user: a"
        let server = try NATSServerProcess(program, lines: lines)
        let driver = try await LinkDriver.connect(to: server)
        #expect(try await driver.use { $0.publish([1], to: .of("log")) } == nil)
        let event = await driver.event { if case .fault = $0 { true } else { false } }
        guard case .fault(let text) = event else { return }
        #expect(text.lowercased().contains("permissions violation for publish to \"log\""), "\(text)")
        #expect(try await driver.ask("", at: "nobody") == .noResponders)
        await driver.end()
    }
}
#endif
