internal import CEpoll
internal import CLibwebsockets

/// Hints about memory, to the processor and to the system.
package enum Memory {
    /// Prefetches the first `size` bytes of an object, at most 128.
    package static func prefetch(_ object: UnsafeRawPointer, size: Int) {
        unsafe clws_prefetch(object)
        unsafe clws_prefetch(object + (size - 1))
    }

    /// Gives memory that was freed back to the system (malloc_trim(3)); it may take some milliseconds.
    package static func giveBack() { malloc_trim(0) }
}

extension WebSocket {
    /// Prefetches what `pushIfReady` reads of the socket itself.
    package func prefetch() {
        unsafe Memory.prefetch(Unmanaged.passUnretained(self).toOpaque(), size: 48)
    }

    /// Prefetches what `pushIfReady` reads of libwebsockets' connection.
    package func prefetchConnection() {
        if let wsi = unsafe wsi { unsafe clws_prefetch(UnsafeRawPointer(wsi) + LibraryBuild.partialPlace) }
    }
}
