internal import CLibuv
internal import Glibc

/// The libuv handles that libwebsockets leaves in the loop.
extension EventLoop {
    /// The number of libuv handles in the loop, with its own; loop only.
    package var handleCount: Int { unsafe handles().count { unsafe uv_is_closing($0) == 0 } }

    /// The watcher of libwebsockets' event pipe: the only one with no other owner; nil when there isn't exactly one.
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

    /// The owners of all other watchers: the connections, and the loop's residents, whose address their watcher
    /// carries.
    private func owners() -> Set<UInt> {
        var owners = Set(residents.keys.map { UInt(bitPattern: $0) })
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
