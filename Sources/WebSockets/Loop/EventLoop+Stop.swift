internal import CLibuv
internal import CLibwebsockets
internal import Glibc

/// The end of a loop: first its sockets, then its context, then its own handles.
extension EventLoop {
    /// How far a stop has come.
    enum Ending {
        case none, closingSockets, closed
        /// The context could not be freed safely: it stays in memory, with the uv loop it stands on.
        case abandoned
    }

    /// How long sockets may take to be closed; libwebsockets closes what is left then by itself.
    private static let closingTimeout = Duration.seconds(2)

    func beginStop() {
        for listener in listeners.values { listener.closeHandles() }
        for client in httpClients.values { client.close() }
        for watch in watches.values { watch.loopStops() }
        for lookup in lookups.values { lookup.loopStops() }
        guard let context = unsafe context else {
            ending = .closed
            return closeOwnHandles()
        }
        LoopTimer(on: self) { [unowned self] in closeContext() }.start(after: Self.closingTimeout)
        ending = .closingSockets
        if sockets.isEmpty { return closeContext() }
        for socket in sockets.all {
            // Not the reason that is polite: nothing is flushed, nobody is waited for.
            if let wsi = unsafe socket.wsi {
                unsafe lws_set_timeout(wsi, PENDING_TIMEOUT_USER_REASON_BASE, Int32(LWS_TO_KILL_ASYNC))
            }
        }
        unsafe lws_cancel_service(context)
    }

    /// Runs once all sockets are gone.
    ///
    /// libwebsockets 4.1.6 on libuv closes the descriptor of its event pipe twice, here and at the end of the loop's turn.
    /// In between another thread may have got the same number for a socket of its own: so we take it ourselves at
    /// once, and when somebody was faster the second close must never happen.
    func closeContext() {
        guard ending == .closingSockets, let context = unsafe context else { return }
        guard LibraryBuild.isKnown, let pipe = unsafe eventPipe() else { return abandon() }
        unsafe self.context = nil
        unsafe lws_context_destroy(context)
        let placeholder = unsafe fcntl(uv_backend_fd(uv), F_DUPFD_CLOEXEC, pipe.descriptor)
        guard unsafe placeholder == pipe.descriptor else {
            if placeholder >= 0 { close(placeholder) }
            unsafe pipe.watcher.pointee.close_cb = nil
            return abandon()
        }
        ending = .closed
        closeOwnHandles()
    }

    private func abandon() {
        unsafe context = nil
        ending = .abandoned
        unsafe uv_stop(uv)
        closeOwnHandles()
    }

    private func closeOwnHandles() {
        for timer in timers.values { timer.loopStops() }
        closings.removeAll()
        unsafe uv_close(cuv_handle(wake), nil)
        unsafe uv_close(cuv_handle(prepare), nil)
    }

    /// Runs the loop to its end.
    func runHandles() {
        unsafe uv_run(uv, UV_RUN_DEFAULT)
        guard ending != .abandoned else { return }
        // libwebsockets frees a context on a foreign loop in two steps; it may have taken the second by itself.
        if let context = unsafe finalizedContext.pointee { unsafe lws_context_destroy(context) }
        unsafe uv_run(uv, UV_RUN_DEFAULT)
    }

    /// Frees a loop that never got its thread.
    func discard() {
        beginStop()
        runHandles()
        if ending != .abandoned { unsafe uv_loop_close(uv) }
    }
}
