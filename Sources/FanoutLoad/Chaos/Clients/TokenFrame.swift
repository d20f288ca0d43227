/// What a payload with resume tokens says, found by searching its text.
struct TokenFrame {
    /// The upstream's number; nil where the payload is no event.
    let number: Int64?
    /// The offsets of the token, `EPOCH:SEQUENCE`; nil if there is none.
    let token: Range<Int>?
    /// Whether it tells a gap, or that events may be missing before the next one.
    let tellsGap: Bool

    private static let tokenSearch = NumberSearch(name: "token")
    private static let gapSearch = NumberSearch(name: "gap")
    private static let gapBeforeSearch = NumberSearch(name: "gapBefore")

    init(_ text: Span<UInt8>, _ numbers: NumberSearch) {
        number = numbers.first(in: text)
        var token: Range<Int>?
        if let start = Self.tokenSearch.nextMember(in: text, from: 0),
            let place = Self.tokenSearch.place(in: text, at: start), place.count > 2, text[place.lowerBound] == 0x22
        {
            token = place.lowerBound + 1..<place.upperBound - 1
        }
        self.token = token
        // An event has no gap in it.
        tellsGap =
            number == nil
            && (Self.gapSearch.nextMember(in: text, from: 0) != nil
                || Self.gapBeforeSearch.nextMember(in: text, from: 0) != nil)
    }

    /// The place of the colon in a token, and the sequence behind it; nil where it isn't one.
    static func sequence(of token: Span<UInt8>) -> (colon: Int, sequence: Int64)? {
        var colon = token.count - 1
        while colon >= 0, token[colon] != UInt8(ascii: ":") { colon -= 1 }
        guard colon > 0, let sequence = IntegerText.parse(token.extracting((colon + 1)...)) else { return nil }
        return (colon, sequence)
    }
}
