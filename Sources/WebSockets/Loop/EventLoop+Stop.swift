internal import CLibuv
internal import CLibwebsockets
internal import Glibc

/// The end of a loop: its sockets, then its context, then its own handles.
extension EventLoop {
    /// How far the end has come.
    enum Ending {
        case none, closingSockets, closed
        /// The context couldn't be freed safely.
        ///
        /// It stays in memory, together with its uv loop.
        case abandoned
    }

    /// How long the closing of sockets may take; libwebsockets then closes the rest by itself.
    private static let closingTimeout = Duration.seconds(2)

    func beginStop() {
        tellResidents(outlivingSockets: false)
        guard let context = unsafe context else {
            ending = .closed
            return closeOwnHandles()
        }
        LoopTimer(on: self) { [unowned self] in closeContext() }.start(after: Self.closingTimeout)
        ending = .closingSockets
        if sockets.isEmpty { return closeContext() }
        for socket in sockets.all {
            // An abrupt end: nothing is flushed, and no peer is waited for.
            if let wsi = unsafe socket.wsi {
                unsafe lws_set_timeout(wsi, PENDING_TIMEOUT_USER_REASON_BASE, Int32(LWS_TO_KILL_ASYNC))
            }
        }
        unsafe lws_cancel_service(context)
    }

    /// Destroys the context, once all sockets are gone.
    ///
    /// libwebsockets 4.1.6 on libuv closes the descriptor of its event pipe twice: here, and at the end of the loop's
    /// turn. In between another thread may get the same number for a descriptor of its own, which the second close
    /// would then close. So we take the number ourselves at once. If another thread was faster, the second close is
    /// prevented.
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
        tellResidents(outlivingSockets: true)
        residents = [:]
        unsafe uv_close(cuv_handle(wake), nil)
        unsafe uv_close(cuv_handle(prepare), nil)
    }

    /// Runs the loop until its last handle is closed.
    func runHandles() {
        unsafe uv_run(uv, UV_RUN_DEFAULT)
        guard ending != .abandoned else { return }
        // libwebsockets frees a context on a foreign loop in two steps; the second one may have happened already.
        if let context = unsafe finalizedContext.pointee { unsafe lws_context_destroy(context) }
        unsafe uv_run(uv, UV_RUN_DEFAULT)
    }

    /// Frees a loop whose thread was never started.
    func discard() {
        beginStop()
        runHandles()
        if ending != .abandoned { unsafe uv_loop_close(uv) }
    }
}
