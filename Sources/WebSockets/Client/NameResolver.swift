// In a whole-module build the socket headers belong to the first C module that includes them.
internal import CLibuv
internal import CLibwebsockets
internal import Glibc
internal import Synchronization

/// Turns names into numeric addresses on threads of its own.
///
/// `getaddrinfo` may take minutes. libwebsockets 4.1.6 would call it on the loop itself; libuv has four threads for it,
/// for which the next name would wait, and the end of each loop. Here a name that takes its time holds up one thread,
/// however often it is asked for meanwhile, and nobody waits for that thread's end.
final class NameResolver: Sendable {
    /// Finds the addresses of a name, however long that takes.
    typealias Search = @Sendable (_ host: String) -> NameLookup.Result

    /// That of the process.
    static let system = NameResolver(maximumThreads: 64) { systemSearch($0) }

    private struct State {
        /// Who waits for a name.
        var lookups: [String: [NameLookup]] = [:]
        /// Names that wait for a thread.
        var line: [String] = []
        var threads = 0
    }

    private let maximumThreads: Int
    private let search: Search
    private let state = Mutex(State())

    /// Makes one that takes so many names at a time; more wait for their turn.
    init(maximumThreads: Int, search: @escaping Search) {
        self.maximumThreads = maximumThreads
        self.search = search
    }

    /// Has a lookup finished when the name's addresses are known.
    func resolve(_ host: String, for lookup: NameLookup) {
        let needsThread = state.withLock { state in
            if var waiting = state.lookups.removeValue(forKey: host) {
                // Who asks again and again for a name that doesn't come gives up each time.
                waiting.removeAll(where: \.isOver)
                state.lookups[host] = waiting + [lookup]
                return false
            }
            state.lookups[host] = [lookup]
            state.line.append(host)
            guard state.threads < maximumThreads else { return false }
            state.threads += 1
            return true
        }
        guard needsThread else { return }
        Task(executorPreference: OwnThread(name: "resolver")) { [self] in work() }
    }

    private func work() {
        while let host = next() {
            let result = search(host)
            let waiting = state.withLock { $0.lookups.removeValue(forKey: host) } ?? []
            for lookup in waiting { lookup.finish(result) }
        }
    }

    /// The next name that somebody waits for; nil when there is none, and the thread goes.
    private func next() -> String? {
        state.withLock { state in
            while !state.line.isEmpty {
                let host = state.line.removeFirst()
                if state.lookups[host]?.allSatisfy(\.isOver) == false { return host }
                state.lookups[host] = nil
            }
            state.threads -= 1
            return nil
        }
    }

    private static func systemSearch(_ host: String) -> NameLookup.Result {
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
