/// The texts of the last events with their parsed content, so that a text that many readers get is parsed once.
///
/// A text counts as known only if all of its bytes are equal, on which alone its content depends.
struct RecentEvents {
    /// How many events are kept: a power of two, and many times the usual `--in-flight`.
    static let capacity = 1024

    /// The longest text that is usually kept, in bytes: comparing a longer one costs as much as parsing its first
    /// members.
    ///
    /// It is a multiple of a cache line but no power of two, since all texts would then share the same few sets of the
    /// cache.
    static let usualLongest = 960

    private struct Entry {
        var length: Int
        var event: ParsedEvent
    }

    private let longest: Int
    private var entries: [Entry] = []
    private var texts: [UInt8] = []

    /// Keeps texts up to this length, in bytes; with 0 each text is parsed.
    init(longest: Int = usualLongest) {
        self.longest = longest
    }

    /// The parsed content of `text`, if it is the text that was last added with this number.
    func event(_ number: Int64?, with text: Span<UInt8>) -> ParsedEvent? {
        guard let number, !entries.isEmpty else { return nil }
        let slot = Self.slot(number)
        guard entries[slot].length == text.count else { return nil }
        let start = slot * longest
        return text.equals(texts.span.extracting(start..<start + text.count)) ? entries[slot].event : nil
    }

    /// Keeps the parsed content of `text`, unless it has no number or is too long.
    mutating func add(_ event: ParsedEvent, with text: Span<UInt8>) {
        guard let number = event.number, !text.isEmpty, text.count <= longest else { return }
        if entries.isEmpty {
            entries = Array(repeating: Entry(length: 0, event: ParsedEvent()), count: Self.capacity)
            texts = Array(repeating: 0, count: Self.capacity * longest)
        }
        let slot = Self.slot(number)
        entries[slot] = Entry(length: text.count, event: event)
        for index in text.indices { texts[slot * longest + index] = text[index] }
    }

    private static func slot(_ number: Int64) -> Int {
        Int(truncatingIfNeeded: number) & (capacity - 1)
    }
}
