internal import CLibuv

/// Tells when a socket that a library owns can be read or written; used on the loop's thread only.
@safe final class SocketWatch {
    /// What a socket is ready for.
    struct Readiness: OptionSet {
        let rawValue: Int

        static let reading = Readiness(rawValue: 1)
        static let writing = Readiness(rawValue: 2)
        static let failed = Readiness(rawValue: 4)
        /// For nothing any more: the loop stops.
        static let stopped = Readiness(rawValue: 8)
        /// The peer sends nothing more.
        static let ended = Readiness(rawValue: 16)
        /// Urgent data came, which nobody sends: to wait for it is to be told of failures only.
        static let urgent = Readiness(rawValue: 32)
    }

    private let loop: EventLoop
    private let handle: UnsafeMutablePointer<uv_poll_t>
    private let changed: (Readiness) -> Void
    private var isClosed = false

    /// Makes a watch that isn't started; the loop keeps it until `close`.
    ///
    /// Where the kernel can't watch the socket, it tells so later, once, and of nothing else.
    init(_ descriptor: Int32, on loop: EventLoop, changed: @escaping (Readiness) -> Void) {
        self.loop = loop
        self.changed = changed
        unsafe handle = .allocate(capacity: 1)
        guard unsafe uv_poll_init_socket(loop.uv, handle, descriptor) == 0 else {
            unsafe handle.deallocate()
            isClosed = true
            nonisolated(unsafe) let changed = changed
            loop.execute { unsafe changed(.failed) }
            return
        }
        unsafe handle.pointee.data = Unmanaged.passUnretained(self).toOpaque()
        loop.adopt(self)
    }

    /// Starts it, or changes what it waits for; with nothing it rests.
    func start(_ wanted: Readiness) {
        guard !isClosed else { return }
        let events =
            (wanted.contains(.reading) ? UV_READABLE.rawValue : 0)
            | (wanted.contains(.writing) ? UV_WRITABLE.rawValue : 0)
            | (wanted.contains(.ended) ? UV_DISCONNECT.rawValue : 0)
            | (wanted.contains(.urgent) ? UV_PRIORITIZED.rawValue : 0)
        if events == 0 {
            unsafe uv_poll_stop(handle)
        } else {
            unsafe uv_poll_start(handle, Int32(events), socketChanged)
        }
    }

    /// Releases it for good; the socket is left to its owner.
    func close() {
        guard !isClosed else { return }
        isClosed = true
        unsafe handle.pointee.data = nil
        unsafe uv_poll_stop(handle)
        unsafe uv_close(cuv_handle(handle)) { unsafe $0?.deallocate() }
        loop.release(self)
    }

    /// The loop stops: tells its owner, and closes it.
    func loopStops() {
        changed(.stopped)
        close()
    }

    fileprivate func report(_ status: Int32, _ events: Int32) {
        var readiness: Readiness = status < 0 ? .failed : []
        if events & Int32(UV_READABLE.rawValue) != 0 { readiness.insert(.reading) }
        if events & Int32(UV_WRITABLE.rawValue) != 0 { readiness.insert(.writing) }
        if events & Int32(UV_DISCONNECT.rawValue) != 0 { readiness.insert(.ended) }
        if events & Int32(UV_PRIORITIZED.rawValue) != 0 { readiness.insert(.urgent) }
        changed(readiness)
    }
}

private func socketChanged(_ handle: UnsafeMutablePointer<uv_poll_t>?, _ status: Int32, _ events: Int32) {
    guard let data = unsafe handle?.pointee.data else { return }
    unsafe Unmanaged<SocketWatch>.fromOpaque(data).takeUnretainedValue().report(status, events)
}
