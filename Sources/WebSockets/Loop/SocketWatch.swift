internal import CLibuv

/// Reports when a library's socket can be read or written; used on the loop's thread only.
@safe final class SocketWatch: LoopResident {
    /// What a socket is ready for.
    struct Readiness: OptionSet {
        let rawValue: Int

        static let reading = Readiness(rawValue: 1)
        static let writing = Readiness(rawValue: 2)
        static let failed = Readiness(rawValue: 4)
        /// The loop stops; nothing more is reported.
        static let stopped = Readiness(rawValue: 8)
        /// The peer has ended its side of the stream.
        static let ended = Readiness(rawValue: 16)
        /// Urgent data, which nobody sends: waiting for it means to be notified of failures only.
        static let urgent = Readiness(rawValue: 32)
    }

    private let loop: EventLoop
    private let handle: UnsafeMutablePointer<uv_poll_t>
    private let changed: (Readiness) -> Void
    private var isClosed = false

    /// Makes a watch that isn't started; the loop keeps it until `close`.
    ///
    /// If the kernel can't watch the socket, that is reported once, later.
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

    /// Starts the watch, or changes what it waits for; an empty set pauses it.
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

    /// Ends the watch for good; the socket stays with its owner.
    func close() {
        guard !isClosed else { return }
        isClosed = true
        unsafe handle.pointee.data = nil
        unsafe uv_poll_stop(handle)
        unsafe uv_close(cuv_handle(handle)) { unsafe $0?.deallocate() }
        loop.release(self)
    }

    /// Ends the watch with the loop, and notifies its owner.
    func loopStops() {
        guard !isClosed else { return }
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
