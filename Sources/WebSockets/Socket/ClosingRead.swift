/// Judges whether enough was read of a peer that was told of the end; a value without a clock of its own.
struct ClosingRead {
    /// How many bytes are read: more than an honest client has under way as a rule, and its close frame with them.
    static let limit: UInt64 = 64 * 1024
    /// In how many looks something may have been read, where the kernel doesn't count.
    static let busyLooks = 8

    private let begin: UInt64?
    private var looks = 0

    /// Begins with what was read so far; nil where the kernel doesn't count.
    init(from begin: UInt64?) { self.begin = begin }

    /// Whether reading must end.
    ///
    /// - Parameters:
    ///   - count: What was read so far.
    ///   - wasRead: Whether anything was read since the last look; asked for only where that isn't known.
    mutating func isEnough(_ count: UInt64?, wasRead: @autoclosure () -> Bool) -> Bool {
        if let begin, let count { return count - min(begin, count) > Self.limit }
        if wasRead() { looks += 1 }
        return looks > Self.busyLooks
    }
}
