// In a whole-module build the socket headers belong to the first C module that includes them.
internal import CLibuv
internal import CLibwebsockets
internal import Glibc

/// Turns names into numeric addresses on libuv's worker threads.
///
/// libwebsockets 4.1.6 would call `getaddrinfo` on the loop itself, and stop it for as long as that takes.
enum NameResolution {
    fileprivate final class Query {
        let host: String
        let completion: @Sendable (Result<[String], WebSocketError>) -> Void

        init(host: String, completion: @escaping @Sendable (Result<[String], WebSocketError>) -> Void) {
            self.host = host
            self.completion = completion
        }
    }

    /// Calls back on the loop, later, with at least one address in the system's order of preference; with those that are
    /// known if any are.
    static func resolve(
        _ host: String,
        known: [String] = [],
        on loop: EventLoop,
        completion: @escaping @Sendable (Result<[String], WebSocketError>) -> Void
    ) {
        guard !loop.isOver else {
            return loop.execute { completion(.failure(.loopUnavailable("the event loop has stopped"))) }
        }
        guard known.isEmpty else { return loop.execute { completion(.success(known)) } }
        let request = UnsafeMutablePointer<uv_getaddrinfo_t>.allocate(capacity: 1)
        unsafe request.pointee.data = Unmanaged.passRetained(Query(host: host, completion: completion)).toOpaque()
        var hints = unsafe addrinfo()
        unsafe hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        let status = unsafe uv_getaddrinfo(loop.uv, request, resolved, host, nil, &hints)
        if status != 0 { unsafe finish(request, status, nil) }
    }

    fileprivate static func finish(
        _ request: UnsafeMutablePointer<uv_getaddrinfo_t>,
        _ status: Int32,
        _ list: UnsafeMutablePointer<addrinfo>?
    ) {
        defer {
            unsafe uv_freeaddrinfo(list)
            unsafe request.deallocate()
        }
        guard let data = unsafe request.pointee.data else { return }
        let query = unsafe Unmanaged<Query>.fromOpaque(data).takeRetainedValue()
        var addresses: [String] = []
        var entry = unsafe list
        while let current = unsafe entry {
            if let address = unsafe numeric(current.pointee), !addresses.contains(address) { addresses.append(address) }
            unsafe entry = current.pointee.ai_next
        }
        guard status == 0, !addresses.isEmpty else {
            let reason = status == 0 ? "no usable address" : unsafe String(cString: uv_strerror(status))
            query.completion(.failure(.unresolvable(host: query.host, reason: reason)))
            return
        }
        query.completion(.success(addresses))
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

private func resolved(
    _ request: UnsafeMutablePointer<uv_getaddrinfo_t>?,
    _ status: Int32,
    _ list: UnsafeMutablePointer<addrinfo>?
) {
    guard let request = unsafe request else { return }
    unsafe NameResolution.finish(request, status, list)
}
