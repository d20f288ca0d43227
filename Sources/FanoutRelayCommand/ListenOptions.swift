import ArgumentParser
import CommandSupport
import FanoutRelay
import Glibc
import WebSockets
import Wire

/// Flags about where clients come to.
struct ListenOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "An address to listen on; may be repeated. Port 0 takes a free one, 0.0.0.0:8080 lets other machines "
                + "connect; unix:PATH is a Unix socket; systemd takes the sockets that systemd passes, systemd:NAME "
                + "those of a name. Behind the address may stand, after commas: tls-certificate=FILE and tls-key=FILE, "
                + "for this address alone; tls=off for none; origins=ORIGIN|ORIGIN in place of --allow-origin; "
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
        configuration.tls = try tlsFiles()
        configuration.listeners = try listen.flatMap(Self.listeners)
        configuration.trustedProxies = trustedProxy
        configuration.forwardedFields = forwardedHeader
        try checkForwarding(configuration)
        guard trustedProxy.isEmpty else { return }
        for listener in configuration.listeners where listener.readsProxyHeader && !listener.isUnix {
            throw Failure(
                line: "--listen \(listener),proxy-protocol: allowed: together with --trusted-proxy only",
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

    /// The listeners that a flag means: several when sockets are passed.
    private static func listeners(_ flag: ListenerFlag) throws -> [ListenerConfiguration] {
        if case .files(let files) = flag.tls {
            try FileText.checkReadable(files.certificate, option: "--listen tls-certificate")
            try FileText.checkReadable(files.key, option: "--listen tls-key")
        }
        return try addresses(flag).map { address in
            var listener = ListenerConfiguration(address)
            listener.tls = flag.tls
            listener.allowedOrigins = flag.allowedOrigins
            listener.readsProxyHeader = flag.readsProxyHeader
            return listener
        }
    }

    private static func addresses(_ flag: ListenerFlag) throws -> [ListenerConfiguration.Address] {
        switch flag.place {
        case .port(let address): return [.port(host: address.host, port: address.port)]
        case .unix(let path, let mode, let group):
            return [mode.map { .unix(path: path, mode: $0, group: group) } ?? .unix(path: path, group: group)]
        case .activated(let name):
            let sockets = try activatedSockets(flag).named(name)
            guard !sockets.isEmpty else {
                throw failure(flag, "no socket was passed" + (name.map { " with the name '\($0)'" } ?? ""))
            }
            for socket in sockets where BoundAddress(ofListening: socket.descriptor) == nil {
                throw failure(flag, "descriptor \(socket.descriptor) is no listening stream socket of TCP or Unix")
            }
            return sockets.map { .adopted(descriptor: $0.descriptor) }
        }
    }

    private static func activatedSockets(_ flag: ListenerFlag) throws -> ActivatedSockets {
        func variable(_ name: String) -> String? { unsafe getenv(name).map { unsafe String(cString: $0) } }
        do throws(ActivatedSockets.Fault) {
            return try ActivatedSockets(
                listenPID: variable("LISTEN_PID"),
                listenFDs: variable("LISTEN_FDS"),
                names: variable("LISTEN_FDNAMES"),
                process: getpid()
            )
        } catch {
            throw failure(flag, error.reason)
        }
    }

    private static func failure(_ flag: ListenerFlag, _ reason: String) -> Failure {
        Failure(
            line: "--listen \(flag.text): \(reason); allowed: when a service manager passes listening sockets",
            exitCode: EX_USAGE
        )
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
