import ArgumentParser
import CommandSupport
import FanoutRelay
import Glibc
import Wire

/// Flags about where clients come to.
struct ListenOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "An address to listen on; may be repeated. Port 0 takes a free one, 0.0.0.0:8080 lets other machines "
                + "connect; unix:PATH is a Unix socket; systemd takes the sockets that systemd passes, systemd:NAME "
                + "those of a name. Behind the address may stand, after commas: tls-certificate=FILE and tls-key=FILE, "
                + "for this address alone; tls=off for none; tls-client-ca=FILE or off, and tls-client-optional, in "
                + "place of the flags of these names; origins=ORIGIN|ORIGIN in place of --allow-origin; "
                + "proxy-protocol, where each connection begins with a header of the PROXY protocol; and of a Unix "
                + "socket mode=0660, who may connect, and group=NAME.",
            valueName: "address"
        ),
        as: Flags.listener
    )
    var listen = Self.standard

    @Option(
        help: ArgumentHelp(
            "A PEM file of the certificate chain, the relay's own certificate first. With it TCP ports serve https "
                + "and wss (TLS 1.2 and later) instead of http and ws, but for those of which --listen says otherwise. "
                + "SIGHUP makes the relay read certificates and keys again. Needs --tls-key.",
            valueName: "file"
        )
    )
    var tlsCertificate: String?

    @Option(
        help: ArgumentHelp("The PEM file of the certificate's private key, without a passphrase.", valueName: "file")
    )
    var tlsKey: String?

    @Option(
        help: ArgumentHelp(
            "A PEM file of certificate authorities. Clients that speak TLS then need a certificate of one of them, for "
                + "client authentication, or the TLS handshake fails; those that have been revoked aren't known. It "
                + "is a credential: who shows no token is whom the certificate names, its first URI, e-mail address "
                + "or DNS name, else its common name, and may do everything that clients may. SIGHUP makes the relay "
                + "read it again. It doesn't concern --admin-listen.",
            valueName: "file"
        )
    )
    var tlsClientCa: String?

    @Flag(
        inversion: .prefixedNo,
        help: "Let clients in without a certificate, if they have a token; one that is shown must be good."
    )
    var tlsClientOptional = false

    @Option(
        help: ArgumentHelp(
            "Proxies that may name the client whom they pass on, such as 10.0.0.0/8, 2001:db8::/32 or 192.0.2.1; may "
                + "be repeated. Addresses with proxy-protocol take no other connections; whoever connects to a Unix "
                + "socket is trusted.",
            valueName: "range"
        ),
        as: Flags.addressRange
    )
    var trustedProxy: [AddressRange] = []

    @Option(
        help: ArgumentHelp(
            "The field of requests by which the proxies of --trusted-proxy, and whoever connects to a Unix socket, "
                + "name the client: forwarded, or x-forwarded-for, and behind it, after commas, x-forwarded-host and "
                + "x-forwarded-proto. Give only what the proxy writes itself: the others it passes on as the client "
                + "has sent them. Limits for an address are then the client's, of whom each request counts as a "
                + "connection. Over the relay's own TLS it isn't read.",
            valueName: "fields"
        ),
        as: Flags.forwardedFields
    )
    var forwardedHeader = Configuration.defaults.forwardedFields

    private static let standard = Configuration.defaults.listeners.compactMap { listener in
        ListenAddress(listener.description).map { ListenerFlag($0) }
    }

    /// Writes the flags to a configuration.
    func apply(to configuration: inout Configuration) throws {
        let clients = tlsClientCa.map { ClientCertificates(authorities: $0, isRequired: !tlsClientOptional) }
        if let tlsClientCa { try FileText.checkReadable(tlsClientCa, option: "--tls-client-ca") }
        configuration.tls = try tlsFiles()
        configuration.tls?.clients = clients
        configuration.trustedProxies = trustedProxy
        configuration.forwardedFields = forwardedHeader
        configuration.listeners = try ListenerAssembly(option: "--listen", common: configuration.tls, clients: clients)
            .listeners(listen, trustedProxy)
        try checkForwarding(configuration)
        let common = configuration.tls
        guard clients == nil || configuration.listeners.contains(where: { $0.files(common)?.clients == clients }) else {
            throw Failure(
                line:
                    "--tls-client-ca: allowed: together with --tls-certificate, or with tls-certificate= of an "
                    + "address, only",
                exitCode: EX_USAGE
            )
        }
    }

    /// Refuses `--forwarded-header` where nobody may use it.
    private func checkForwarding(_ configuration: Configuration) throws {
        guard forwardedHeader != .none else { return }
        let failure = { (allowed: String) in
            Failure(line: "--forwarded-header \(forwardedHeader): allowed: \(allowed)", exitCode: EX_USAGE)
        }
        guard !trustedProxy.isEmpty || configuration.listeners.contains(where: \.isUnix) else {
            throw failure("together with --trusted-proxy, or a Unix socket, only")
        }
        guard configuration.listeners.contains(where: { $0.files(configuration.tls) == nil }) else {
            throw failure("with an address without TLS (tls=off) only; in front of TLS there is proxy-protocol")
        }
    }

    /// Refuses a flag that would have no effect.
    func validate() throws {
        if tlsClientOptional, tlsClientCa == nil {
            throw ValidationError("--tls-client-optional: allowed: together with --tls-client-ca only")
        }
    }

    /// Whether every client is asked for a certificate.
    func asksForCertificates() throws -> Bool {
        var configuration = Configuration.defaults
        try apply(to: &configuration)
        return configuration.listeners.allSatisfy(configuration.asksForCertificates)
    }

    private func tlsFiles() throws -> TLSFiles? {
        guard let tlsCertificate, let tlsKey else {
            guard tlsCertificate == nil, tlsKey == nil else {
                let (given, missing) = tlsKey == nil ? ("certificate", "key") : ("key", "certificate")
                throw Failure(line: "--tls-\(given) needs --tls-\(missing) too", exitCode: EX_USAGE)
            }
            return nil
        }
        try FileText.checkReadable(tlsCertificate, option: "--tls-certificate")
        try FileText.checkReadable(tlsKey, option: "--tls-key")
        return TLSFiles(certificate: tlsCertificate, key: tlsKey)
    }
}
