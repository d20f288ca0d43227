internal import CEpoll
internal import CLibwebsockets
internal import Glibc

/// Sees what readers of streams over TLS do; one for each loop, used on its thread only.
///
/// libwebsockets 4.1.6 doesn't read from a connection in its HTTP role whose answer isn't over, and is told of what came
/// again and again. So whoever sends anything, or leaves, is cut off at once. An epoll instance of our own sees it: it
/// needs one descriptor for all of them, where libuv wants one for each.
@safe final class StreamReaders {
    /// How soon it is looked again for what was read ahead, when other connections have some.
    private static let pause = Duration.milliseconds(20)

    private unowned let loop: EventLoop
    private let instance: Int32
    private var watch: SocketWatch?
    /// Streams of which it isn't known yet whether something was read behind their request.
    private var beginning: [UInt] = []
    private var timer: LoopTimer?

    /// Makes it; nil without a descriptor.
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

    /// Begins with a stream, which is known by its handle; false when the kernel can't.
    ///
    /// It ends by itself with the descriptor.
    func watch(_ descriptor: Int32, of stream: WebSocket) -> Bool {
        guard watch != nil else { return false }
        let interest = EPOLLIN.rawValue | EPOLLRDHUP.rawValue | EPOLLONESHOT.rawValue
        var event = unsafe cepoll_event_for(interest, UInt64(stream.handle))
        guard unsafe epoll_ctl(instance, EPOLL_CTL_ADD, descriptor, &event) == 0 else { return false }
        beginning.append(stream.handle)
        // Not within libwebsockets' callback, which needs the head, and hasn't put aside what it read behind it.
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

    /// Frees the heads of the requests, and cuts off who sent more together with one.
    private func settle() {
        let streams = beginning.compactMap { loop.sockets[$0] }.filter { unsafe $0.isOpen && $0.wsi != nil }
        beginning = []
        for stream in streams {
            unsafe lws_http_headers_detach(stream.wsi)
            if unsafe clws_has_deciphered(lws_get_ssl(stream.wsi)) != 0 { stream.readerSpoke() }
        }
        guard hasReadAhead else { return }
        // libwebsockets says only whether anybody has: who has is who makes the difference.
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
