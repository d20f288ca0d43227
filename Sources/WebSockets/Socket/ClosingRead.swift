/// Judges whether enough was read of a peer that was told of the end; a value without a clock of its own.
struct ClosingRead {
    /// How many bytes are read: more than an honest client has under way as a rule, and its close frame with them.
    static let limit: UInt32 = 64 * 1024
    /// In how many looks something may have been read, where the kernel doesn't count.
    static let busyLooks = 8

    /// What had been read at the close, modulo 4 GiB.
    let begin: UInt32?
    private var looks = 0

    /// Begins with what was read so far; nil where the kernel doesn't count.
    init(from begin: UInt32?) { self.begin = begin }

    /// Whether reading must end.
    ///
    /// - Parameters:
    ///   - count: What was read so far, modulo 4 GiB.
    ///   - wasRead: Whether anything was read since the last look; asked for only where that isn't known.
    mutating func isEnough(_ count: UInt32?, wasRead: @autoclosure () -> Bool) -> Bool {
        if let begin, let count { return count &- begin > Self.limit }
        if wasRead() { looks += 1 }
        return looks > Self.busyLooks
    }
}
