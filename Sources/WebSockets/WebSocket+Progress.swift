/// What a peer takes of a frame that is on its way.
extension WebSocket {
    /// Whether the peer took anything since the last call, or at all when this is the first one.
    ///
    /// As its kernel acknowledges it: a long frame may take longer than any deadline, and only its end is told of.
    package func hasAdvanced() -> Bool {
        guard let count = TransferredBytes.acknowledged(of: descriptor) else { return false }
        // Modulo four gibibytes, which nobody takes between two calls to the byte.
        defer { acknowledged = UInt32(truncatingIfNeeded: count) }
        return acknowledged != UInt32(truncatingIfNeeded: count)
    }
}
