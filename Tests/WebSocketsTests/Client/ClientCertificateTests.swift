import Glibc
import OpenSSLCommand
import Testing

@testable import WebSockets

/// Servers that ask a client for its certificate.
@Suite(.timeLimit(.minutes(1)), .enabled(if: OpenSSL.isInstalled, "needs the openssl command"))
struct ClientCertificateTests {
    private func identity(_ files: CertificateFiles, key: String? = nil) -> TLSIdentity {
        TLSIdentity(certificateFile: files.certificate, keyFile: key ?? files.key)
    }

    private func target(_ server: OpenSSLServer, _ identity: TLSIdentity?) -> WebSocketClient.Target {
        var target = WebSocketClient.Target(
            isSecure: true,
            host: "localhost",
            port: server.port,
            path: "/",
            subprotocols: [],
            authorityFile: server.certificate
        )
        target.identity = identity
        return target
    }

    @Test func `a link comes up with the certificate that the server trusts, and with no other`() async throws {
        let (own, other) = (try CertificateFiles(), try CertificateFiles())
        let server = try OpenSSLServer(trustingClients: own.certificate)
        let loop = try EventLoop(name: "tls")
        let probe = ClientProbe(on: loop)
        for refused in [nil, identity(other)] {
            _ = await probe.dial(target(server, refused))
            #expect(await probe.nextFailure() != nil)
        }
        _ = await probe.dial(target(server, identity(own)))
        try server.peer.acceptUpgrade()
        #expect(await probe.nextDialled() != nil)
        await loop.stop()
    }

    @Test func `files that can't be used fail the dial, and say which and why`() async throws {
        let (own, other) = (try CertificateFiles(), try CertificateFiles())
        let server = try OpenSSLServer(trustingClients: own.certificate)
        let loop = try EventLoop(name: "tls")
        let probe = ClientProbe(on: loop)
        let missing = own.certificate + ".missing"
        for (wrong, hint) in [
            (TLSIdentity(certificateFile: missing, keyFile: own.key), "can't read the client certificate \(missing)"),
            (TLSIdentity(certificateFile: own.certificate, keyFile: missing), "can't read the client key \(missing)"),
            (identity(own, key: other.key), "the client key \(other.key) can't be used: key values mismatch"),
            (identity(own, key: own.certificate), "the client key \(own.certificate) can't be used: "),
        ] {
            _ = await probe.dial(target(server, wrong))
            let text = await probe.nextFailure()?.description ?? ""
            #expect(text.contains(hint), "\(text)")
        }
        await loop.stop()
    }

    @Test func `a certificate that is renewed in place is read again`() async throws {
        let (own, other) = (try CertificateFiles(), try CertificateFiles())
        let server = try OpenSSLServer(trustingClients: own.certificate)
        let loop = try EventLoop(name: "tls")
        let probe = ClientProbe(on: loop)
        let place = TLSIdentity(certificateFile: own.certificate + ".used", keyFile: own.key + ".used")
        defer { for file in [place.certificateFile, place.keyFile] { unsafe _ = unlink(file) } }
        for files in [other, own] {
            for (used, file) in [(place.certificateFile, files.certificate), (place.keyFile, files.key)] {
                unsafe _ = unlink(used)
                let status = unsafe link(file, used)
                #expect(status == 0)
            }
            _ = await probe.dial(target(server, place))
            guard files === own else {
                #expect(await probe.nextFailure() != nil)
                continue
            }
            try server.peer.acceptUpgrade()
            #expect(await probe.nextDialled() != nil)
        }
        await loop.stop()
    }

    @Test func `a request over https shows its certificate`() async throws {
        let (own, other) = (try CertificateFiles(), try CertificateFiles())
        let server = try OpenSSLServer(trustingClients: own.certificate)
        try await HTTPCaller.run { caller in
            var request = HTTPClientRequest(
                url: "https://localhost:\(server.port)/graphql",
                headers: [],
                body: Array("{}".utf8)
            )
            request.proxies = .none
            request.authorityFile = server.certificate
            for refused in [nil, identity(other), identity(own, key: other.key), identity(own, key: "/missing")] {
                request.identity = refused
                await #expect(throws: HTTPClientError.self) { try await caller.send(request).value.get() }
            }
            request.identity = identity(own)
            let answer = caller.send(request)
            #expect(try server.peer.receiveHead().hasPrefix("POST /graphql HTTP/1.1\r\n"))
            #expect(try server.peer.receive(exactly: 2) == Array("{}".utf8))
            try server.peer.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
            #expect(try await answer.value.get().body == Array("ok".utf8))
        }
    }
}
