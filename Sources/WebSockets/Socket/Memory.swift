internal import CLibwebsockets

/// Hints to the processor about memory.
package enum Memory {
    /// Prefetches the first `size` bytes of an object, at most 128.
    package static func prefetch(_ object: UnsafeRawPointer, size: Int) {
        unsafe clws_prefetch(object)
        unsafe clws_prefetch(object + (size - 1))
    }
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
