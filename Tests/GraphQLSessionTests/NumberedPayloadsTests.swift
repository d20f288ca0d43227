import GraphQLTransport
import Testing

@testable import GraphQLSession

/// What a reader gets of payloads that a relay upstream has numbered.
struct NumberedPayloadsTests {
    /// A payload in few letters: `e:5` for an event, `e:5!` for one without a result, `e:5 place`, `e:5 gap`,
    /// `e:5 newest 9`, and anything else for a payload without a number.
    private static func payload(_ text: String) -> String {
        let words = text.split(separator: " ").map(String.init)
        guard let first = words.first, first.contains(":") else { return #"{"data":"\#(text)"}"# }
        let token = first.filter { $0 != "!" }
        var relay = #""token":"\#(token)""#
        if words.contains("gap") { relay += #","gap":{"after":"e:0","reason":"lost"}"# }
        if let place = words.firstIndex(of: "newest") {
            relay += #","newest":"\#(token.prefix(1)):\#(words[place + 1])""#
        }
        let data = words.count > 1 || first.hasSuffix("!") ? "null" : #""\#(token)""#
        return #"{"data":\#(data),"extensions":{"relay":{\#(relay)}}}"#
    }

    /// A batch in few letters: where it begins, what is told there, and its payloads.
    private static func text(_ batch: PayloadBatch) -> String {
        var text = batch.start.map { "\($0)" } ?? "-"
        if batch.place.isOpening { text += " opening" }
        if let gap = batch.gap { text += " (\(gap))" }
        if let newest = batch.place.newest { text += " newest \(newest)" }
        return ([text] + batch.texts.map { String($0.dropFirst(8).dropLast()) }).joined(separator: " ")
    }

    private static func batches(of payloads: [String], limit: Int = 10_000, hasTokens: Bool = true) -> [String] {
        var waiting = NumberedPayloads(hasTokens: hasTokens)
        for payload in payloads.map(Self.payload) {
            waiting.append(payload.utf8Span.span, limit: limit, at: .zero)
        }
        var texts: [String] = []
        while !waiting.isEmpty { texts.append(text(waiting.take())) }
        return texts
    }

    @Test(
        arguments: [
            ([], []), (["e:0 place"], ["e:0 opening"]),
            (["e:4 place", "e:5", "e:6"], [#"e:4 opening "e:5" "e:6""#]),
            (["e:4 newest 5", "e:5", "e:6"], [#"e:4 opening newest 5 "e:5" "e:6""#]),
            (["e:4 gap", "e:5"], [#"e:4 opening (lost) "e:5""#]),
            // A gap right at the beginning leaves where the history ends.
            (["e:0 newest 9", "e:4 gap", "e:5"], [#"e:4 opening (lost) newest 9 "e:5""#]),
            (["e:0 newest 9", "f:4 gap", "f:5"], [#"f:4 opening (lost) "f:5""#]),
            // Without an opening.
            (["e:5", "e:6"], [#"e:4 opening "e:5" "e:6""#]),
            // An event without a result has a number that follows.
            (["e:4 place", "e:5!", "e:6"], [#"e:4 opening null "e:6""#]),
            // Gaps between events, and before the first.
            (["e:4 place", "e:5", "e:9 gap", "e:10"], [#"e:4 opening "e:5""#, #"e:9 (lost) "e:10""#]),
            (["e:4 place", "e:6 gap", "e:9 gap", "e:10"], [#"e:9 opening (lost) "e:10""#]),
            (["e:4 place", "e:5", "e:5 gap"], [#"e:4 opening "e:5""#, "e:5 (lost)"]),
            // Numbers that don't follow one another, without a word.
            (
                ["e:4 place", "e:5", "e:8"],
                [#"e:4 opening "e:5""#, #"e:7 (the relay upstream skipped numbers) "e:8""#]
            ),
            (["e:4 place", "e:8"], [#"e:7 opening (the relay upstream skipped numbers) "e:8""#]),
            // What was here already.
            (["e:4 place", "e:4", "e:5", "e:5", "e:3", "e:6"], [#"e:4 opening "e:5" "e:6""#]),
            (["e:4 place", "e:5", "e:5 place", "e:6"], [#"e:4 opening "e:5""#, #"e:5 "e:6""#]),
            (["e:4 place", "e:5", "e:2 gap", "e:6"], [#"e:4 opening "e:5""#, #"e:5 (lost) "e:6""#]),
            (["e:0", "e:1"], [#"e:0 opening "e:1""#]),
            // Another epoch, told or not.
            (["e:4 place", "e:5", "f:0 gap", "f:1"], [#"e:4 opening "e:5""#, #"f:0 opening (lost) "f:1""#]),
            (["e:4 place", "e:5", "f:0 place", "f:1"], [#"e:4 opening "e:5""#, #"f:0 opening "f:1""#]),
            (
                ["e:4 place", "e:5", "f:7"],
                [#"e:4 opening "e:5""#, #"f:6 opening (the relay upstream skipped numbers) "f:7""#]
            ),
            // No numbers at all.
            (["a", "b"], [#"- "a" "b""#]),
        ] as [([String], [String])]
    )
    func `payloads with successive numbers come together`(_ payloads: [String], _ expected: [String]) {
        #expect(Self.batches(of: payloads) == expected)
    }

    @Test func `where nobody asked for numbers payloads stay as they are`() {
        let batches = Self.batches(of: ["e:4 place", "e:5"], hasTokens: false)
        #expect(batches.count == 1 && batches[0].contains("relay") && batches[0].hasPrefix("- "))
    }

    @Test func `numbers go on after what was taken`() {
        var waiting = NumberedPayloads(hasTokens: true)
        for payload in ["e:4 place", "e:5"].map(Self.payload) {
            waiting.append(payload.utf8Span.span, limit: 1_000, at: .zero)
        }
        #expect(waiting.take().token == ResumeToken("e:5"))
        #expect(waiting.isEmpty)
        waiting.append(Self.payload("e:6").utf8Span.span, limit: 1_000, at: .zero)
        #expect(Self.text(waiting.take()) == #"e:5 "e:6""#)
    }

    @Test func `over the limit the oldest go, and the numbers show how many`() {
        let limit = 4 * Self.payload("e:1").utf8.count
        let many = ["e:0 place"] + (1...99).map { "e:\($0)" }
        let one = Self.batches(of: many, limit: limit)
        let kept = one.first?.split(separator: " ").dropFirst(2).count ?? 0
        #expect(one.count == 1 && kept < 99 && one[0].hasPrefix("e:\(99 - kept) opening"), "\(one)")
        #expect(one.first?.hasSuffix(#""e:99""#) == true)
        // In several runs.
        let gaps = (1...50).flatMap { ["e:\(3 * $0) gap", "e:\(3 * $0 + 1)"] }
        let several = Self.batches(of: ["e:0 place"] + gaps, limit: 3_000)
        #expect(several.count < 15 && several.last == #"e:150 (lost) "e:151""#, "\(several)")
        #expect(several.first?.contains("opening") == true && several.first?.contains("(lost)") == true)
    }
}
