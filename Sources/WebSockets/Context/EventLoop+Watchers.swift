internal import CLibuv
internal import Glibc

/// libuv's poll handles, as libwebsockets leaves them in the loop.
extension EventLoop {
    /// How many libuv handles the loop has, its own among them; loop only.
    package var handleCount: Int { unsafe handles().count { unsafe uv_is_closing($0) == 0 } }

    /// The watcher of libwebsockets' event pipe, the only one that belongs to nobody else; nil when unsure.
    func eventPipe() -> (watcher: UnsafeMutablePointer<uv_handle_t>, descriptor: Int32)? {
        let known = owners()
        let strangers = unsafe handles().filter { handle in
            unsafe handle.pointee.type == UV_POLL && uv_is_active(handle) != 0 && uv_is_closing(handle) == 0
                && !known.contains(UInt(bitPattern: handle.pointee.data))
        }
        var descriptor: Int32 = -1
        guard unsafe strangers.count == 1, unsafe uv_fileno(strangers[0], &descriptor) == 0 else { return nil }
        return unsafe (strangers[0], descriptor)
    }

    /// What the watchers of living connections and listeners carry.
    private func owners() -> Set<UInt> {
        var owners: Set<UInt> = []
        for listener in listeners.values {
            unsafe owners.insert(UInt(bitPattern: Unmanaged.passUnretained(listener).toOpaque()))
        }
        for watch in watches.values {
            unsafe owners.insert(UInt(bitPattern: Unmanaged.passUnretained(watch).toOpaque()))
        }
        for socket in sockets.all { unsafe owners.insert(UInt(bitPattern: socket.wsi)) }
        return owners
    }

    private func handles() -> [UnsafeMutablePointer<uv_handle_t>] {
        var found: [UnsafeMutablePointer<uv_handle_t>] = unsafe []
        unsafe withUnsafeMutablePointer(to: &found) { unsafe uv_walk(uv, collectHandle, $0) }
        return unsafe found
    }
}

private func collectHandle(_ handle: UnsafeMutablePointer<uv_handle_t>?, _ list: UnsafeMutableRawPointer?) {
    guard let handle = unsafe handle else { return }
    unsafe list?.assumingMemoryBound(to: [UnsafeMutablePointer<uv_handle_t>].self).pointee.append(handle)
}
