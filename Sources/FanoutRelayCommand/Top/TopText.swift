/// Names as `top` writes them; what a relay says may be anything.
enum TopText {
    /// The most scalars of a name, so that few places can't hold many of them.
    private static let longest = 500

    /// A text without what could move the cursor, hide something or turn its direction.
    static func plain(_ text: String) -> String {
        let scalars = text.unicodeScalars.prefix(longest).filter { scalar in
            switch scalar.properties.generalCategory {
            case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator: false
            default: true
            }
        }
        return String(String.UnicodeScalarView(scalars))
    }

    /// How many places of a terminal it takes.
    static func width(_ text: String) -> Int { text.reduce(0) { $0 + width($1) } }

    private static func width(_ character: Character) -> Int {
        character.unicodeScalars.contains { scalar in wide.contains { $0.contains(scalar.value) } } ? 2 : 1
    }

    /// What takes two places (Unicode Standard Annex 11), in ranges that are wide as a whole.
    private static let wide: [ClosedRange<UInt32>] = [
        0x1100...0x115F, 0x2E80...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F, 0xFF00...0xFF60,
        0xFFE0...0xFFE6, 0x1F300...0x1FAFF, 0x20000...0x3FFFD,
    ]

    /// So much of it as fits, with a sign where something is left out.
    static func clipped(_ text: String, to places: Int) -> String {
        guard width(text) > places else { return text }
        var (kept, left) = ("", places - 1)
        for character in text {
            left -= width(character)
            if left < 0 { break }
            kept.append(character)
        }
        return places > 0 ? kept + "…" : ""
    }
}
