internal import CCurl

/// Sends HTTP requests with libcurl's multi interface on an event loop; used on the loop's thread only.
///
/// Connections are kept and reused. Redirects aren't followed, since that would send credentials to another place.
@safe package final class HTTPClient: LoopResident, @unchecked Sendable {
    private let loop: EventLoop
    private var multi: UnsafeMutableRawPointer?
    private var timer: LoopTimer?
    private var watches: [curl_socket_t: SocketWatch] = [:]
    private var transfers: [UnsafeMutableRawPointer: HTTPTransfer] = unsafe [:]

    /// Makes a client without connections; at most `connections` are open to one host at a time.
    ///
    /// The loop keeps it until `close()` or the loop's own stop.
    package init(on loop: EventLoop, connections: Int = 8) {
        self.loop = loop
        guard curlIsReady, !loop.isOver else { return }
        unsafe multi = curl_multi_init()
        let user = unsafe Unmanaged.passUnretained(self).toOpaque()
        unsafe ccurl_multi_callbacks(multi, curlWatchesSocket, curlSetsTimer, user)
        unsafe ccurl_multi_limit(multi, connections)
        timer = LoopTimer(on: loop) { [unowned self] in drive(CURL_SOCKET_TIMEOUT, []) }
        loop.adopt(self)
    }

    /// Starts a request; `completion` is called on the loop's thread, once, later.
    package func start(
        _ transfer: HTTPTransfer,
        completion: @escaping @Sendable (Result<HTTPClientResponse, HTTPClientError>) -> Void
    ) {
        guard let easy = unsafe transfer.open(completion: completion), unsafe multi != nil else {
            return loop.execute { transfer.failToOpen() }
        }
        unsafe transfers[easy] = transfer
        unsafe curl_multi_add_handle(multi, easy)
    }

    /// Ends a request at once with an error; does nothing if it has ended.
    package func cancel(_ transfer: HTTPTransfer) { end(transfer, "it was cancelled") }

    /// Ends all requests with errors and closes the connections; the client can't be used afterwards.
    package func close() {
        guard let multi = unsafe multi else { return }
        for transfer in unsafe Array(transfers.values) { end(transfer, "the client was closed") }
        unsafe self.multi = nil
        timer?.close()
        timer = nil
        for watch in watches.values { watch.close() }
        watches = [:]
        unsafe curl_multi_cleanup(multi)
        loop.release(self)
    }

    func loopStops() { close() }

    private func end(_ transfer: HTTPTransfer, _ reason: String) {
        guard let easy = unsafe transfer.easy, unsafe transfers.removeValue(forKey: easy) != nil else { return }
        unsafe curl_multi_remove_handle(multi, easy)
        transfer.fail(.cancelled, reason)
    }

    private func drive(_ socket: curl_socket_t, _ readiness: SocketWatch.Readiness) {
        var events: Int32 = 0
        if readiness.contains(.reading) { events |= CURL_CSELECT_IN }
        if readiness.contains(.writing) { events |= CURL_CSELECT_OUT }
        if readiness.contains(.failed) { events |= CURL_CSELECT_ERR }
        var running: Int32 = 0
        unsafe curl_multi_socket_action(multi, socket, events, &running)
        var code = CURLE_OK
        while let easy = unsafe ccurl_next_done(multi, &code) {
            guard let transfer = unsafe transfers.removeValue(forKey: easy) else { continue }
            unsafe curl_multi_remove_handle(multi, easy)
            transfer.finish(code)
        }
    }

    fileprivate func watch(_ socket: curl_socket_t, _ what: Int32) {
        guard what != CURL_POLL_REMOVE else {
            watches.removeValue(forKey: socket)?.close()
            return
        }
        guard unsafe multi != nil else { return }
        let watch =
            watches[socket]
            ?? SocketWatch(socket, on: loop) { [unowned self] readiness in
                // When the loop stops, client and watch are both notified, in any order. All requests end with errors.
                if !readiness.contains(.stopped) { drive(socket, readiness) }
            }
        watches[socket] = watch
        var wanted: SocketWatch.Readiness = []
        if what & CURL_POLL_IN != 0 { wanted.insert(.reading) }
        if what & CURL_POLL_OUT != 0 { wanted.insert(.writing) }
        watch.start(wanted)
    }

    fileprivate func setTimer(_ milliseconds: Int) {
        // Zero means at once, but not within libcurl's call, so it starts a timer too.
        if milliseconds < 0 { timer?.stop() } else { timer?.start(after: .milliseconds(milliseconds)) }
    }
}

/// libcurl's global state, initialised once in the process.
private let curlIsReady: Bool = curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK

private func curlWatchesSocket(
    _ easy: UnsafeMutableRawPointer?,
    _ socket: curl_socket_t,
    _ what: Int32,
    _ user: UnsafeMutableRawPointer?,
    _ socketData: UnsafeMutableRawPointer?
) -> Int32 {
    guard let user = unsafe user else { return 0 }
    unsafe Unmanaged<HTTPClient>.fromOpaque(user).takeUnretainedValue().watch(socket, what)
    return 0
}

private func curlSetsTimer(
    _ multi: UnsafeMutableRawPointer?,
    _ milliseconds: Int,
    _ user: UnsafeMutableRawPointer?
) -> Int32 {
    guard let user = unsafe user else { return 0 }
    unsafe Unmanaged<HTTPClient>.fromOpaque(user).takeUnretainedValue().setTimer(milliseconds)
    return 0
}
