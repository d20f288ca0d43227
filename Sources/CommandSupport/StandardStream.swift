import Glibc

/// Standard output and error, written at once and without a buffer.
package enum StandardStream: Int32 {
    case output = 1
    case error = 2

    /// Writes the text, and waits for a reader that is slow; what can't be written is dropped.
    package func write(_ text: String) {
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let count = unsafe rest.withUnsafeBytes { unsafe Glibc.write(rawValue, $0.baseAddress, $0.count) }
            if count < 0 && errno == EINTR { continue }
            // The stream may be non-blocking, as its creator set it.
            if count < 0 && errno == EAGAIN {
                var room = pollfd(fd: rawValue, events: Int16(POLLOUT), revents: 0)
                unsafe poll(&room, 1, -1)
                continue
            }
            guard count > 0 else { return }
            rest = rest.dropFirst(count)
        }
    }

    /// Blocks the calling thread.
    package static func pause(for time: Duration) {
        let clock = ContinuousClock()
        let end = clock.now + time
        while case let rest = clock.now.duration(to: end), rest > .zero {
            poll(nil, 0, Int32(clamping: Int64((rest / .milliseconds(1)).rounded(.up))))
        }
    }
}
