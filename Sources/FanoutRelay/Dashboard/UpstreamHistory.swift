/// When the link to the server was there within the last hour, and why it wasn't; a value without a clock of its own.
struct UpstreamHistory {
    /// A change.
    struct Entry: Equatable {
        let time: Duration
        let isUp: Bool
        /// Why it is down; nil while it is up.
        let cause: String?
    }

    static let span = Duration.seconds(3600)
    /// The most changes that are kept.
    static let limit = 512

    /// The oldest may be before the span: it says how that began.
    private(set) var entries: [Entry] = []

    /// Notes a change; the same state for the same cause again is none.
    mutating func note(isUp: Bool, _ cause: String?, at now: Duration) {
        if let last = entries.last, last.isUp == isUp, last.cause == cause { return }
        entries.append(Entry(time: now, isUp: isUp, cause: cause))
        let outdated = entries.dropLast().prefix { $0.time < now - Self.span }.count
        // The last of them still holds at the beginning of the span.
        entries.removeFirst(max(outdated - 1, 0))
        if entries.count > Self.limit { entries.removeFirst(entries.count - Self.limit) }
    }
}
