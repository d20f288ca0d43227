internal import CCurl

/// What libcurl does for somebody; called on the loop's thread only.
protocol CurlTransfer: AnyObject {
    /// All is well, and the connection still there: nothing by default.
    func takeConnection()
    /// It is over.
    func ended(_ code: CURLcode)
    /// Nothing comes of it any more: the loop stops, or its owner has closed what drives it.
    func cutShort()
}

extension CurlTransfer {
    func takeConnection() {}
}

/// Drives libcurl's multi interface on an event loop; used on the loop's thread only.
@safe final class CurlMulti: LoopResident {
    private let loop: EventLoop
    /// Nil once it is closed.
    private var multi: UnsafeMutableRawPointer?
    private var timer: LoopTimer?
    private var watches: [curl_socket_t: SocketWatch] = [:]
    private var transfers: [UnsafeMutableRawPointer: any CurlTransfer] = unsafe [:]

    /// Nil when there is no libcurl, and at the loop's end; the loop keeps it until `close()`, or its own stop.
    ///
    /// - Parameter connections: How many there may be to one host, and idle ones in all.
    init?(on loop: EventLoop, connections: Int) {
        self.loop = loop
        guard curlIsReady, !loop.isOver, let made = unsafe curl_multi_init() else { return nil }
        unsafe multi = unsafe made
        let user = unsafe Unmanaged.passUnretained(self).toOpaque()
        unsafe ccurl_multi_callbacks(multi, curlWatchesSocket, curlSetsTimer, user)
        unsafe ccurl_multi_limit(multi, connections)
        timer = LoopTimer(on: loop) { [unowned self] in drive(CURL_SOCKET_TIMEOUT, []) }
        loop.adopt(self)
    }

    /// Starts a transfer, which hears of it later; false once it is closed.
    func add(_ transfer: any CurlTransfer, _ easy: UnsafeMutableRawPointer) -> Bool {
        guard let multi = unsafe multi else { return false }
        unsafe transfers[easy] = transfer
        unsafe curl_multi_add_handle(multi, easy)
        return true
    }

    /// Ends a transfer that doesn't hear of it; false when it has ended.
    func remove(_ easy: UnsafeMutableRawPointer) -> Bool {
        guard unsafe transfers.removeValue(forKey: easy) != nil else { return false }
        unsafe curl_multi_remove_handle(multi, easy)
        return true
    }

    /// Cuts all transfers short, and closes the connections.
    func close() {
        guard let multi = unsafe multi else { return }
        let cut = unsafe transfers
        unsafe transfers = unsafe [:]
        unsafe cut.keys.forEach { unsafe curl_multi_remove_handle(multi, $0) }
        unsafe self.multi = nil
        timer?.close()
        timer = nil
        for watch in watches.values { watch.close() }
        watches = [:]
        unsafe curl_multi_cleanup(multi)
        loop.release(self)
        for transfer in unsafe Array(cut.values) { transfer.cutShort() }
    }

    func loopStops() { close() }

    private func drive(_ socket: curl_socket_t, _ readiness: SocketWatch.Readiness) {
        // Who hears that a transfer is over may close it.
        withExtendedLifetime(self) {
            var events: Int32 = 0
            if readiness.contains(.reading) { events |= CURL_CSELECT_IN }
            if readiness.contains(.writing) { events |= CURL_CSELECT_OUT }
            if readiness.contains(.failed) { events |= CURL_CSELECT_ERR }
            var running: Int32 = 0
            unsafe curl_multi_socket_action(multi, socket, events, &running)
            var code = CURLE_OK
            while let multi = unsafe multi, let easy = unsafe ccurl_next_done(multi, &code) {
                guard let transfer = unsafe transfers.removeValue(forKey: easy) else { continue }
                if code == CURLE_OK { transfer.takeConnection() }
                unsafe curl_multi_remove_handle(multi, easy)
                transfer.ended(code)
            }
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
                // At the loop's end all transfers are cut short, whoever of the two is told first.
                if !readiness.contains(.stopped) { drive(socket, readiness) }
            }
        watches[socket] = watch
        var wanted: SocketWatch.Readiness = []
        if what & CURL_POLL_IN != 0 { wanted.insert(.reading) }
        if what & CURL_POLL_OUT != 0 { wanted.insert(.writing) }
        watch.start(wanted)
    }

    fileprivate func setTimer(_ milliseconds: Int) {
        // Zero means at once, but not from within libcurl's call.
        if milliseconds < 0 { timer?.stop() } else { timer?.start(after: .milliseconds(milliseconds)) }
    }
}

/// libcurl's global state, made once for the process.
private let curlIsReady: Bool = curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK

private func curlWatchesSocket(
    _ easy: UnsafeMutableRawPointer?,
    _ socket: curl_socket_t,
    _ what: Int32,
    _ user: UnsafeMutableRawPointer?,
    _ socketData: UnsafeMutableRawPointer?
) -> Int32 {
    guard let user = unsafe user else { return 0 }
    unsafe Unmanaged<CurlMulti>.fromOpaque(user).takeUnretainedValue().watch(socket, what)
    return 0
}

private func curlSetsTimer(
    _ multi: UnsafeMutableRawPointer?,
    _ milliseconds: Int,
    _ user: UnsafeMutableRawPointer?
) -> Int32 {
    guard let user = unsafe user else { return 0 }
    unsafe Unmanaged<CurlMulti>.fromOpaque(user).takeUnretainedValue().setTimer(milliseconds)
    return 0
}
