/// Finds the time when an event was made: a member with milliseconds since the Unix epoch.
///
/// Events of a topic have the same layout, so the last place is tried before the whole text is searched.
struct TimestampSearch {
    private let search: NumberSearch
    private var hint = -1

    /// A search for members called `name`.
    init(name: String) {
        search = NumberSearch(name: name)
    }

    /// The first such time in `text`, in microseconds since the Unix epoch.
    mutating func microseconds(in text: Span<UInt8>) -> Int64? {
        // The event's number, which comes before, may have gained a digit.
        for start in hint...hint + 1 {
            if let time = time(in: text, at: start) { return time }
        }
        var start = 0
        while let member = search.nextMember(in: text, from: start) {
            if let time = time(in: text, at: member) { return time }
            start = member + 1
        }
        return nil
    }

    private mutating func time(in text: Span<UInt8>, at start: Int) -> Int64? {
        guard let place = search.place(in: text, at: start),
            let time = MillisecondText.microseconds(text.extracting(place))
        else { return nil }
        hint = start
        return time
    }
}
