import Glibc
import Synchronization

/// One thread that reads for the peers of all tests, so that none of them blocks a thread of the concurrency pool.
final class Reactor: Sendable {
    static let shared = Reactor()

    private struct Source {
        let descriptor: Int32
        let chunks: AsyncStream<[UInt8]>.Continuation
    }

    private struct Sources {
        var all: [UInt64: Source] = [:]
        var lastToken: UInt64 = 0
    }

    private let sources = Mutex(Sources())
    /// A byte in here makes the thread look at the sources anew.
    private let wakeOut: Int32
    private let wakeIn: Int32

    private init() {
        var ends: [Int32] = [-1, -1]
        unsafe pipe(&ends)
        (wakeOut, wakeIn) = (ends[0], ends[1])
        var thread = pthread_t()
        let reference = unsafe Unmanaged.passRetained(self).toOpaque()
        unsafe pthread_create(&thread, nil, reactorThread, reference)
        pthread_detach(thread)
    }

    /// Reads a descriptor until its end, or until it is removed.
    func add(_ descriptor: Int32, _ chunks: AsyncStream<[UInt8]>.Continuation) -> UInt64 {
        let token = sources.withLock { sources in
            sources.lastToken += 1
            sources.all[sources.lastToken] = Source(descriptor: descriptor, chunks: chunks)
            return sources.lastToken
        }
        unsafe _ = write(wakeIn, [1], 1)
        return token
    }

    /// Reads it no more; afterwards it may be closed.
    func remove(_ token: UInt64) {
        sources.withLock { $0.all[token] = nil }
        unsafe _ = write(wakeIn, [1], 1)
    }

    fileprivate func run() {
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let watched = sources.withLock { sources in sources.all.map { ($0.key, $0.value.descriptor) } }
            var polled = watched.map { pollfd(fd: $0.1, events: Int16(POLLIN), revents: 0) }
            polled.append(pollfd(fd: wakeOut, events: Int16(POLLIN), revents: 0))
            unsafe poll(&polled, nfds_t(polled.count), -1)
            if polled[watched.count].revents != 0 { unsafe _ = Glibc.read(wakeOut, &buffer, buffer.count) }
            for (index, source) in watched.enumerated() where polled[index].revents != 0 { read(source.0, &buffer) }
        }
    }

    private func read(_ token: UInt64, _ buffer: inout [UInt8]) {
        // Under the lock, so that nobody closes the descriptor meanwhile.
        sources.withLock { sources in
            guard let source = sources.all[token] else { return }
            let count = unsafe recv(source.descriptor, &buffer, buffer.count, Int32(MSG_DONTWAIT))
            let failure = errno
            if count > 0 {
                source.chunks.yield(Array(buffer[..<count]))
            } else if count == 0 || failure != EAGAIN && failure != EINTR {
                sources.all[token] = nil
                source.chunks.finish()
            }
        }
    }
}

private func reactorThread(_ reference: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    if let reference = unsafe reference { unsafe Unmanaged<Reactor>.fromOpaque(reference).takeRetainedValue().run() }
    return nil
}
