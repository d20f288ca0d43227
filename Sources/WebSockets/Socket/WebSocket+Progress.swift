/// How much a peer reads of what was sent to it.
extension WebSocket {
    /// Whether the peer has read so many bytes since the last call, or any at all before the first one.
    ///
    /// It goes by what the peer's kernel acknowledges, because a long frame may take longer than any deadline, and
    /// libwebsockets reports only its end.
    package func hasAdvanced(by bytes: Int = 1) -> Bool {
        guard let count = acknowledgedBytes else { return false }
        // Modulo 4 GiB, which no peer reads between two calls.
        let advance = UInt32(truncatingIfNeeded: count) &- acknowledged
        acknowledged = UInt32(truncatingIfNeeded: count)
        return advance >= UInt32(clamping: max(1, bytes))
    }

    /// How many bytes the peer's kernel has acknowledged so far; nil when that is unknown.
    ///
    /// Of a Unix socket it is how many its peer has read since the first call.
    package var acknowledgedBytes: UInt64? {
        guard descriptor >= 0 else { return nil }
        return TransferredBytes.acknowledged(of: descriptor) ?? loop.localProgress?.read(self, over: descriptor)
    }

    /// How many bytes were read from the kernel so far, modulo 4 GiB, with heads of frames and what TLS adds.
    ///
    /// Nil when that is unknown, as for a Unix socket.
    ///
    /// - Parameter known: A former result. When nothing has come since, as of most clients, that takes a single call.
    package func readBytes(since known: UInt32) -> UInt32? {
        guard descriptor >= 0, let received = TransferredBytes.received(by: descriptor) else { return nil }
        if UInt32(truncatingIfNeeded: received) == known { return known }
        return TransferredBytes.read(of: descriptor).map { UInt32(truncatingIfNeeded: $0) }
    }

    /// Sends whole frames, even if the kernel doesn't take them at once; only while `isReady`.
    ///
    /// libwebsockets sends what is left, so that nothing comes in between. Until then the socket isn't ready;
    /// `writable` is called when it is again.
    ///
    /// - Returns: True when the kernel has all of it.
    package func sendWhole(_ frames: ArraySlice<UInt8>) -> Bool {
        let sent = push(frames)
        if sent < frames.count { finish(frames.dropFirst(sent)) }
        // Over TLS the last record may still wait, although all bytes were handed over.
        if isReady { return true }
        requestWritable()
        return false
    }
}
