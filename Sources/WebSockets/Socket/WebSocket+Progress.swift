/// What a peer takes of what is on its way.
extension WebSocket {
    /// Whether the peer took so many bytes since the last call, or at all when this is the first one.
    ///
    /// As its kernel acknowledges it: a long frame may take longer than any deadline, and only its end is told of.
    package func hasAdvanced(by bytes: Int = 1) -> Bool {
        guard let count = acknowledgedBytes else { return false }
        // Modulo four gibibytes, which nobody takes between two calls.
        let advance = UInt32(truncatingIfNeeded: count) &- acknowledged
        acknowledged = UInt32(truncatingIfNeeded: count)
        return advance >= UInt32(clamping: max(1, bytes))
    }

    /// The bytes that the peer's kernel has acknowledged so far; nil when it can't be told.
    package var acknowledgedBytes: UInt64? { TransferredBytes.acknowledged(of: descriptor) }

    /// Hands over whole frames, the rest of which goes out as the kernel takes it; only while `isReady`.
    ///
    /// What isn't taken at once is libwebsockets' to send, so that nothing comes in between: until then it isn't ready,
    /// and `writable` tells when it is again.
    ///
    /// - Returns: True when the kernel has all of it.
    package func sendWhole(_ frames: ArraySlice<UInt8>) -> Bool {
        let sent = push(frames)
        if sent < frames.count { finish(frames.dropFirst(sent)) }
        // Over TLS the last record may wait though all was handed over.
        if isReady { return true }
        requestWritable()
        return false
    }
}
