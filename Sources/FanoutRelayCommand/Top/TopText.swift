import CommandSupport
import Glibc

/// Numbers and names as `top` writes them; what a relay says may be anything.
enum TopText {
    /// With commas between thousands.
    static func number(_ value: Double) -> String {
        guard value.isFinite else { return "–" }
        // Beyond it a `Double` has no units.
        return NumberText.grouped(Int(min(max(0, value.rounded()), 0x1p53)))
    }

    static func number(_ value: Int) -> String { number(Double(value)) }

    /// How much of something comes in a second.
    static func rate(_ value: Double) -> String { value < 10 ? decimal(value, places: 1) : number(value) }

    static func bytes(_ value: Double) -> String {
        switch value {
        case ..<1024: "\(number(value)) B"
        case ..<0x1p20: "\(number(value / 0x1p10)) KiB"
        case ..<0x1p30: "\(rate(value / 0x1p20)) MiB"
        default: "\(decimal(value / 0x1p30, places: 1)) GiB"
        }
    }

    static func time(_ seconds: Double) -> String {
        switch max(0, seconds) {
        case ..<0.01: "\(decimal(seconds * 1000, places: 2)) ms"
        case ..<1: "\(number(seconds * 1000)) ms"
        case ..<90: "\(number(seconds)) s"
        case ..<5400: "\(number(seconds / 60)) min"
        default: "\(number(seconds / 3600)) h"
        }
    }

    /// With at most so many digits behind the point, and no zeros at the end.
    private static func decimal(_ value: Double, places: Int) -> String {
        let scale = pow(10, Double(places))
        let rounded = (max(0, value) * scale).rounded() / scale
        guard rounded.isFinite, rounded < 0x1p53 else { return number(value) }
        return rounded == rounded.rounded() ? number(rounded) : "\(rounded)"
    }

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
