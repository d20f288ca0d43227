internal import CLibwebsockets

/// What the processor is told of memory.
package enum Memory {
    /// Asks for the beginning of an object, whose first `size` bytes are read soon; at most 128.
    package static func prefetch(_ object: UnsafeRawPointer, size: Int) {
        unsafe clws_prefetch(object)
        unsafe clws_prefetch(object + (size - 1))
    }
}

extension WebSocket {
    /// Asks the processor for what `pushIfReady` reads of the socket itself.
    package func prefetch() {
        unsafe Memory.prefetch(Unmanaged.passUnretained(self).toOpaque(), size: 48)
    }

    /// Asks the processor for what `pushIfReady` reads of libwebsockets' connection.
    package func prefetchConnection() {
        if let wsi = unsafe wsi { unsafe clws_prefetch(UnsafeRawPointer(wsi) + LibraryBuild.partialPlace) }
    }
}
