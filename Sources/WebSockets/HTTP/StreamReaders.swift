internal import CEpoll
internal import CLibwebsockets
internal import Glibc

/// Watches the readers of streams over TLS; one for each loop, used on its thread only.
///
/// libwebsockets 4.1.6 doesn't read from a connection in its HTTP role before the answer is over, but is notified again
/// and again of what has arrived. So a reader that sends anything, or leaves, is cut off at once. That is noticed by an
/// epoll instance of our own, which needs one descriptor for all streams, where libuv needs one for each.
@safe final class StreamReaders: LoopResident {
    /// After how long to check again for bytes that were read ahead, while other connections have some too.
    private static let pause = Duration.milliseconds(20)

    private unowned let loop: EventLoop
    private let instance: Int32
    private var watch: SocketWatch?
    /// Streams for which it isn't known yet whether bytes were read after their request.
    private var beginning: [UInt] = []
    private var timer: LoopTimer?

    /// Makes an instance; nil when no descriptor is left.
    init?(on loop: EventLoop) {
        self.loop = loop
        instance = epoll_create1(Int32(EPOLL_CLOEXEC))
        guard instance >= 0 else { return nil }
        let watch = SocketWatch(instance, on: loop) { [unowned self] in changed($0) }
        self.watch = watch
        watch.start(.reading)
    }

    deinit { close() }

    private func close() {
        guard let watch else { return }
        self.watch = nil
        timer?.close()
        timer = nil
        watch.close()
        Glibc.close(instance)
    }

    /// Starts to watch a stream, which is known by its handle; false when the kernel refuses.
    ///
    /// The watch ends when the descriptor is closed.
    func watch(_ descriptor: Int32, of stream: WebSocket) -> Bool {
        guard watch != nil else { return false }
        let interest = EPOLLIN.rawValue | EPOLLRDHUP.rawValue | EPOLLONESHOT.rawValue
        var event = unsafe cepoll_event_for(interest, UInt64(stream.handle))
        guard unsafe epoll_ctl(instance, EPOLL_CTL_ADD, descriptor, &event) == 0 else { return false }
        beginning.append(stream.handle)
        // Not within libwebsockets' callback, which still needs the head, and hasn't stored yet what it read after it.
        if beginning.count == 1 { loop.execute { [loop] in loop.streamReaders?.settle() } }
        return true
    }

    private func changed(_ readiness: SocketWatch.Readiness) {
        if readiness.contains(.stopped) { return close() }
        unsafe withUnsafeTemporaryAllocation(of: epoll_event.self, capacity: 64) { events in
            let count = unsafe epoll_wait(instance, events.baseAddress, Int32(events.count), 0)
            for index in 0..<Int(max(0, count)) {
                let handle = unsafe UInt(cepoll_handle(events.baseAddress.map { unsafe $0 + index }))
                loop.sockets[handle]?.readerSpoke()
            }
        }
    }

    /// Frees the heads of the requests, and cuts off clients that sent more bytes together with theirs.
    private func settle() {
        let streams = beginning.compactMap { loop.sockets[$0] }.filter { unsafe $0.isOpen && $0.wsi != nil }
        beginning = []
        for stream in streams {
            unsafe lws_http_headers_detach(stream.wsi)
            if unsafe clws_has_deciphered(lws_get_ssl(stream.wsi)) != 0 { stream.readerSpoke() }
        }
        guard hasReadAhead else { return }
        // libwebsockets says only whether any connection has read ahead. Pausing each stream in turn shows which one
        // has.
        for stream in streams { unsafe lws_rx_flow_control(stream.wsi, 0) }
        let othersHave = hasReadAhead
        for stream in streams {
            unsafe lws_rx_flow_control(stream.wsi, 1)
            guard !othersHave, hasReadAhead else { continue }
            unsafe lws_rx_flow_control(stream.wsi, 0)
            stream.readerSpoke()
        }
        guard othersHave else { return }
        beginning = streams.map(\.handle)
        let timer = timer ?? LoopTimer(on: loop) { [unowned self] in settle() }
        self.timer = timer
        timer.start(after: Self.pause)
    }

    private var hasReadAhead: Bool {
        guard let context = unsafe loop.context else { return false }
        return unsafe lws_service_adjust_timeout(context, 1, 0) == 0
    }
}

extension EventLoop {
    /// The loop's instance; nil when it can't be made.
    var streamReaders: StreamReaders? { only { StreamReaders(on: self) } }
}
