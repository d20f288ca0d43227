internal import CLibuv
internal import Glibc

/// Turns names into numeric addresses, each on a thread of its own.
///
/// libwebsockets 4.1.6 would call `getaddrinfo` on the loop itself, and stop it for as long as that takes, which may be
/// minutes. libuv has four threads for it, which the fifth name would wait for, and a loop's end for all.
enum NameResolution {
    /// Finds the addresses of a name, in the order of preference, however long that takes.
    typealias Lookup = @Sendable (_ host: String) -> Result<[String], WebSocketError>

    /// Calls back on the loop, later, with at least one address in the system's order of preference.
    ///
    /// With a loop that has stopped meanwhile it is an error, whenever that is known.
    static func resolve(
        _ host: String,
        on loop: EventLoop,
        by lookup: @escaping Lookup = { systemLookup($0) },
        completion: @escaping @Sendable (Result<[String], WebSocketError>) -> Void
    ) {
        Task(executorPreference: OwnThread(name: "resolver")) {
            let result = lookup(host)
            loop.execute {
                completion(loop.isOver ? .failure(.loopUnavailable("the event loop has stopped")) : result)
            }
        }
    }

    private static func systemLookup(_ host: String) -> Result<[String], WebSocketError> {
        var hints = unsafe addrinfo()
        unsafe hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        let status = unsafe getaddrinfo(host, nil, &hints, &list)
        guard status == 0 else {
            let reason = unsafe status == EAI_SYSTEM ? errnoText(errno) : String(cString: gai_strerror(status))
            return .failure(.unresolvable(host: host, reason: reason))
        }
        defer { unsafe freeaddrinfo(list) }
        var addresses: [String] = []
        var entry = unsafe list
        while let current = unsafe entry {
            if let address = unsafe numeric(current.pointee), !addresses.contains(address) { addresses.append(address) }
            unsafe entry = current.pointee.ai_next
        }
        guard !addresses.isEmpty else { return .failure(.unresolvable(host: host, reason: "no usable address")) }
        return .success(addresses)
    }

    private static func numeric(_ entry: addrinfo) -> String? {
        unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(NI_MAXHOST)) { buffer in
            let status = unsafe getnameinfo(
                entry.ai_addr,
                entry.ai_addrlen,
                buffer.baseAddress,
                socklen_t(buffer.count),
                nil,
                0,
                NI_NUMERICHOST
            )
            guard status == 0, let base = buffer.baseAddress else { return nil }
            return unsafe String(cString: base)
        }
    }
}
