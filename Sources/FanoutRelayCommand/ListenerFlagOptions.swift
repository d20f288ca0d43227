import ArgumentParser
import CommandSupport
import FanoutRelay
import Glibc

/// What stands behind the address of a `--listen`.
struct ListenerFlagOptions {
    private var certificate: String?
    private var key: String?
    private var isOff = false
    private var authorities: String?
    private var isOptional = false
    /// The origins that are named here; nil when none is.
    private(set) var origins: Set<String>?
    private(set) var readsProxyHeader = false
    /// Of a Unix socket's file.
    var mode: UInt32?
    var group: UInt32?

    /// The name of an option that only a Unix socket can have.
    var forUnix: String? { mode != nil ? "mode" : group != nil ? "group" : nil }

    /// Reads the options, each `NAME=VALUE`.
    init(_ options: some Collection<Substring>) throws {
        var names: Set<Substring> = []
        for option in options {
            let parts = option.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard names.insert(parts[0]).inserted || parts[0] == "origin" else {
                throw ValidationError("\(parts[0])= is given twice; allowed: once")
            }
            if option == "proxy-protocol" {
                readsProxyHeader = true
                continue
            }
            if option == "tls-client-optional" {
                isOptional = true
                continue
            }
            guard parts.count == 2, !parts[1].isEmpty else {
                throw ValidationError("'\(option)': allowed: \(ListenerFlag.allowed)")
            }
            try take(parts[0], String(parts[1]))
        }
    }

    private mutating func take(_ name: Substring, _ value: String) throws {
        switch name {
        case "tls-certificate": certificate = value
        case "tls-key": key = value
        case "tls-client-ca": authorities = value
        case "tls":
            guard value == "off" else { throw ValidationError("tls=\(value): allowed: tls=off") }
            isOff = true
        case "origin": origins = try (origins ?? []).union([Flags.origin(value)])
        case "origins":
            let named = value.split(separator: "|", omittingEmptySubsequences: false)
            origins = try (origins ?? []).union(named.map { try Flags.origin(String($0)) })
        case "mode": mode = try Self.mode(value)
        case "group": group = try Self.group(value)
        default: throw ValidationError("'\(name)=': allowed: \(ListenerFlag.allowed)")
        }
    }

    /// Which certificates clients are asked for.
    func clients() throws -> ListenerFlag.Clients {
        switch (authorities, isOptional) {
        case (nil, false): return .inherited
        case ("off", false): return .off
        case (let authorities?, _) where authorities != "off" && !isOff:
            return .asked(ClientCertificates(authorities: authorities, isRequired: !isOptional))
        case (nil, true), ("off", true):
            throw ValidationError("tls-client-optional: allowed: together with tls-client-ca=FILE only")
        default: throw ValidationError("tls-client-ca=: allowed: without tls=off")
        }
    }

    /// How clients are served, from all options together.
    func tls() throws -> ListenerConfiguration.TLS {
        switch (certificate, key, isOff) {
        case (nil, nil, false): return .inherited
        case (nil, nil, true): return .off
        case (let certificate?, let key?, false): return .files(TLSFiles(certificate: certificate, key: key))
        case (_, _, true): throw ValidationError("tls=off: allowed: without tls-certificate= and tls-key=")
        case (_?, nil, _): throw ValidationError("tls-certificate=: allowed: together with tls-key= only")
        case (nil, _?, _): throw ValidationError("tls-key=: allowed: together with tls-certificate= only")
        }
    }

    private static func mode(_ text: String) throws -> UInt32 {
        guard text.utf8.count <= 4, text.utf8.allSatisfy({ (0x30...0x37).contains($0) }),
            let mode = UInt32(text, radix: 8), mode <= 0o777
        else { throw ValidationError("mode=\(text): allowed: an octal number of 0000 to 0777, such as mode=0660") }
        return mode
    }

    /// The number of a group of this system.
    private static func group(_ name: String) throws -> UInt32 {
        guard let group = unsafe getgrnam(name) else {
            throw ValidationError("group=\(name): allowed: a group of this system")
        }
        return unsafe group.pointee.gr_gid
    }
}
