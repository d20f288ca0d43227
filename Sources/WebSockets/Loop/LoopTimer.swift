internal import CLibuv

/// A one-shot timer on an event loop; used from the loop's thread only.
@safe package final class LoopTimer: LoopResident {
    /// The end of a loop needs timers too.
    static let outlivesSockets = true

    private let loop: EventLoop
    private let handle: UnsafeMutablePointer<uv_timer_t>
    private let action: () -> Void
    private let stopped: (() -> Void)?
    private var isClosed = false

    /// Makes a stopped timer.
    ///
    /// The loop keeps the timer and its closures until `close()` or the loop's own stop.
    ///
    /// - Parameter stopped: Called when the loop stops before the timer is closed.
    package init(on loop: EventLoop, stopped: (() -> Void)? = nil, action: @escaping () -> Void) {
        self.loop = loop
        self.action = action
        self.stopped = stopped
        unsafe handle = .allocate(capacity: 1)
        // A stopped loop can't run a timer, so this one never fires.
        guard !loop.isOver else {
            isClosed = true
            unsafe handle.deallocate()
            return
        }
        unsafe uv_timer_init(loop.uv, handle)
        unsafe handle.pointee.data = Unmanaged.passUnretained(self).toOpaque()
        loop.adopt(self)
    }

    /// Starts or restarts the timer; it fires once, never before `delay` has passed, and up to a millisecond later.
    package func start(after delay: Duration) {
        guard !isClosed else { return }
        // libuv counts in whole milliseconds of the loop's cached time, which is always some time ago.
        let late = delay > .zero ? EventLoop.now - .milliseconds(unsafe uv_now(loop.uv)) : .zero
        unsafe uv_timer_start(handle, timerFired, UInt64(max(0, (late + delay).milliseconds)), 0)
    }

    /// Stops it; it can be started again.
    package func stop() {
        guard !isClosed else { return }
        unsafe uv_timer_stop(handle)
    }

    /// Releases it for good.
    package func close() {
        guard !isClosed else { return }
        isClosed = true
        unsafe handle.pointee.data = nil
        unsafe uv_close(cuv_handle(handle)) { unsafe $0?.deallocate() }
        loop.release(self)
    }

    /// Ends the timer with the loop.
    func loopStops() {
        guard !isClosed else { return }
        stopped?()
        close()
    }

    fileprivate func fire() { action() }
}

private func timerFired(_ handle: UnsafeMutablePointer<uv_timer_t>?) {
    guard let data = unsafe handle?.pointee.data else { return }
    unsafe Unmanaged<LoopTimer>.fromOpaque(data).takeUnretainedValue().fire()
}
