import CommandSupport
import Glibc

/// Finds the address of a host's name, once and before a run.
enum NameLookup {
    /// A name without an address.
    struct Failure: ReportedError {
        let description: String
        var exitCode: Int32 { EX_NOHOST }
    }

    /// The first address of a name; waits for the resolver.
    static func address(of name: String, port: UInt16) throws(Failure) -> Address {
        var hints = unsafe addrinfo()
        unsafe hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var found: UnsafeMutablePointer<addrinfo>?
        let code = unsafe getaddrinfo(name, nil, &hints, &found)
        defer { if let found = unsafe found { unsafe freeaddrinfo(found) } }
        guard code == 0, let first = unsafe found else {
            let words = unsafe gai_strerror(code).map { unsafe String(cString: $0) } ?? "error \(code)"
            throw Failure(description: "the host '\(name)' can't be found: \(words)")
        }
        guard let numeric = unsafe text(of: first.pointee), let address = Address(host: numeric, port: port) else {
            throw Failure(description: "the host '\(name)' has no address of IPv4 or IPv6")
        }
        return address
    }

    private static func text(of information: addrinfo) -> String? {
        var bytes = [CChar](repeating: 0, count: Int(NI_MAXHOST))
        let length = unsafe information.ai_addrlen
        guard
            unsafe getnameinfo(information.ai_addr, length, &bytes, socklen_t(bytes.count), nil, 0, NI_NUMERICHOST) == 0
        else { return nil }
        return String(decoding: bytes.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
