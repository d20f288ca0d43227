import ArgumentParser
import CommandSupport
import FanoutRelay
import Glibc
import WebSockets

/// One `--listen`: an address, and what holds for the clients that come to it.
struct ListenerFlag: Equatable {
    /// Where to listen.
    enum Place: Equatable {
        case port(ListenAddress)
        case unix(path: String, mode: UInt32?, group: UInt32?)
        /// The sockets that a service manager passes: those of a name, or all.
        case activated(name: String?)
    }

    /// Which certificates clients are asked for.
    enum Clients: Equatable {
        /// Those that all addresses of the flag ask for.
        case inherited
        case off
        case asked(ClientCertificates)
    }

    /// As it was given.
    let text: String
    let place: Place
    let tls: ListenerConfiguration.TLS
    let clients: Clients
    let allowedOrigins: Set<String>?
    let readsProxyHeader: Bool

    /// The certificate for this address alone.
    var certificate: String? { if case .files(let files) = tls { files.certificate } else { nil } }

    /// What is allowed, as a text that follows "allowed:".
    static let allowed =
        "\(ListenAddress.allowed), unix:PATH, or systemd[:NAME], and behind it, after commas, tls-certificate=FILE "
        + "with tls-key=FILE, tls=off, tls-client-ca=FILE or off, tls-client-optional, origins=ORIGIN|ORIGIN, "
        + "proxy-protocol, and mode=0660 and group=NAME of a Unix socket"

    /// An address without options.
    init(_ address: ListenAddress) {
        text = "\(address)"
        place = .port(address)
        tls = .inherited
        clients = .inherited
        allowedOrigins = nil
        readsProxyHeader = false
    }

    /// Reads `ADDRESS[,NAME=VALUE…]`.
    ///
    /// - Throws: `ValidationError`, which names the part that is wrong and what is allowed in its place.
    init(parsing text: String) throws {
        let parts = text.split(separator: ",", omittingEmptySubsequences: false)
        var options = try ListenerFlagOptions(parts.dropFirst())
        self.text = text
        place = try Self.place(String(parts[0]), &options)
        tls = try options.tls()
        clients = try options.clients()
        allowedOrigins = options.origins
        readsProxyHeader = options.readsProxyHeader
        if let name = options.forUnix {
            throw ValidationError("\(name)=: allowed: behind unix:PATH only")
        }
    }

    private static func place(_ address: String, _ options: inout ListenerFlagOptions) throws -> Place {
        if address == "systemd" { return .activated(name: nil) }
        if address.hasPrefix("systemd:") {
            let name = address.dropFirst("systemd:".count)
            guard !name.isEmpty else { throw ValidationError("allowed: systemd or systemd:NAME") }
            return .activated(name: String(name))
        }
        if address.hasPrefix("unix:") {
            let path = String(address.dropFirst("unix:".count))
            guard (1...UnixPath.maximumSize).contains(path.utf8.count), !path.utf8.contains(0) else {
                throw ValidationError("allowed: unix: and a path of 1 to \(UnixPath.maximumSize) bytes")
            }
            defer { (options.mode, options.group) = (nil, nil) }
            return .unix(path: path, mode: options.mode, group: options.group)
        }
        guard let port = ListenAddress(address) else { throw ValidationError("allowed: \(Self.allowed)") }
        return .port(port)
    }
}

extension Flags {
    /// One address to listen on, with its options.
    static let listener = FlagGrammar<ListenerFlag>(read: { try ListenerFlag(parsing: $0) }, write: \.text)
}
