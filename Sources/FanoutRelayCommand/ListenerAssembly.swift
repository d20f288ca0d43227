import CommandSupport
import FanoutRelay
import Glibc
import WebSockets
import Wire

/// Makes listeners of what a flag says.
struct ListenerAssembly {
    /// The flag.
    let option: String
    /// The certificate and key of addresses that don't say otherwise.
    var common: TLSFiles?
    /// Which certificates clients of these addresses are asked for, unless one says otherwise.
    var clients: ClientCertificates?

    /// The listeners that some flags mean: several for one when sockets are passed.
    func listeners(_ flags: [ListenerFlag], _ trustedProxies: [AddressRange]) throws -> [ListenerConfiguration] {
        let listeners = try flags.flatMap(listeners)
        for listener in listeners where listener.readsProxyHeader && !listener.isUnix && trustedProxies.isEmpty {
            throw Failure(
                line: "\(option) \(listener),proxy-protocol: allowed: together with --trusted-proxy only",
                exitCode: EX_USAGE
            )
        }
        return listeners
    }

    private func listeners(_ flag: ListenerFlag) throws -> [ListenerConfiguration] {
        if case .files(let files) = flag.tls {
            try FileText.checkReadable(files.certificate, option: "\(option) tls-certificate")
            try FileText.checkReadable(files.key, option: "\(option) tls-key")
        }
        if case .asked(let clients) = flag.clients {
            try FileText.checkReadable(clients.authorities, option: "\(option) tls-client-ca")
        }
        let tls = try tls(of: flag)
        return try addresses(flag).map { address in
            var listener = ListenerConfiguration(address)
            listener.tls = tls
            listener.allowedOrigins = flag.allowedOrigins
            listener.readsProxyHeader = flag.readsProxyHeader
            return listener
        }
    }

    /// How clients of an address are served, with the certificates that they are asked for.
    private func tls(of flag: ListenerFlag) throws -> ListenerConfiguration.TLS {
        let clients: ClientCertificates? =
            switch flag.clients {
            case .inherited: clients
            case .off: nil
            case .asked(let clients): clients
            }
        switch flag.tls {
        case .off: return .off
        case .files(var files):
            files.clients = clients
            return .files(files)
        case .inherited:
            let isUnix = if case .unix = flag.place { true } else { false }
            guard var files = common, !isUnix else {
                guard case .asked = flag.clients else { return .inherited }
                throw Failure(
                    line:
                        "\(option) \(flag.text): tls-client-ca=: allowed: together with tls-certificate= and "
                        + "tls-key=, or with --tls-certificate",
                    exitCode: EX_USAGE
                )
            }
            guard files.clients != clients else { return .inherited }
            files.clients = clients
            return .files(files)
        }
    }

    private func addresses(_ flag: ListenerFlag) throws -> [ListenerConfiguration.Address] {
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

    private func activatedSockets(_ flag: ListenerFlag) throws -> ActivatedSockets {
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

    private func failure(_ flag: ListenerFlag, _ reason: String) -> Failure {
        Failure(
            line: "\(option) \(flag.text): \(reason); allowed: when a service manager passes listening sockets",
            exitCode: EX_USAGE
        )
    }
}
