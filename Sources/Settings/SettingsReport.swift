internal import FoundationEssentials

/// What the command `config` prints.
package struct SettingsReport {
    private let catalogue: SettingCatalogue

    package init(_ catalogue: SettingCatalogue) { self.catalogue = catalogue }

    /// What counts, with where it stands: a settings file again, in which secrets are masked.
    package func effective(_ settings: Settings) -> String {
        let given = Dictionary(settings.assignments.map { ($0.setting.key, $0) }) { first, _ in first }
        return catalogue.settings.compactMap { setting -> String? in
            guard let assignment = given[setting.key] else {
                return setting.standard.isEmpty
                    ? nil : Self.lines(of: setting, setting.standard.map { (text: $0, place: "default") })
            }
            return Self.lines(of: setting, assignment.values.map { (text: $0.text, place: "\($0.place)") })
        }.map { $0 + "\n" }.joined()
    }

    /// What differs between two.
    package func difference(_ old: Settings, _ new: Settings) -> String {
        func texts(_ settings: Settings) -> [String: [String]] {
            Dictionary(settings.assignments.map { ($0.setting.key, $0.values.map(\.text)) }) { first, _ in first }
        }
        func shown(_ values: [String]?, _ setting: Setting) -> String {
            let values = values ?? setting.standard
            guard !values.isEmpty else { return "(none)" }
            return values.map { Self.masked($0, setting) }.joined(separator: ", ")
        }
        let (before, after) = (texts(old), texts(new))
        return catalogue.settings.filter { before[$0.key] != after[$0.key] }.map { setting in
            "\(setting.key): \(shown(before[setting.key], setting)) -> \(shown(after[setting.key], setting))\n"
        }.joined()
    }

    /// A file to begin with: every setting as a comment, with its help and its default.
    package var defaults: String {
        var section: String?
        var text = """
            # Settings of fanout-relay: take away the # of those that you change.
            # A flag goes before a variable of the environment, and that before this file. Files are relative to it.
            # Topics may be written so, instead of topic and topic-option:
            #topics:
            #  news:
            #    file: news.graphql
            #    snapshot: last

            """
        for setting in catalogue.settings {
            if setting.section != section {
                section = setting.section
                text += "\n# \(setting.section)\n"
            }
            text += "\n" + Self.wrapped(setting.help, width: 116).map { "# \($0)\n" }.joined()
            text += "# Variable: \(setting.variable)\n"
            let samples = setting.standard.isEmpty ? ["<\(setting.valueName)>"] : setting.standard.map(Self.scalar)
            text +=
                setting.kind == .many
                ? "#\(setting.key):\n" + samples.map { "#  - \($0)\n" }.joined() : "#\(setting.key): \(samples[0])\n"
        }
        return text
    }

    private static func lines(of setting: Setting, _ values: [(text: String, place: String)]) -> String {
        let shown = values.map { value in
            (setting.kind == .flag ? value.text : scalar(masked(value.text, setting))) + "  # \(value.place)"
        }
        switch setting.kind {
        case .flag, .one: return "\(setting.key): \(shown.first ?? "")"
        case .many where shown.isEmpty: return "\(setting.key): []"
        case .many: return "\(setting.key):\n" + shown.map { "  - \($0)" }.joined(separator: "\n")
        }
    }

    /// A value without what may be a credential.
    static func masked(_ text: String, _ setting: Setting) -> String {
        if setting.isSecret {
            // Which header it is, is no secret.
            guard let colon = text.firstIndex(of: ":"), setting.kind == .many else { return "***" }
            return "\(text[..<colon]): ***"
        }
        guard setting.isURL else { return text }
        var text = text
        if let query = text.firstIndex(of: "?") { text = "\(text[..<query])?***" }
        if let scheme = text.firstRange(of: "://"), let at = text[scheme.upperBound...].lastIndex(of: "@") {
            text = "\(text[..<scheme.upperBound])***\(text[at...])"
        }
        return text
    }

    /// Text as a scalar of YAML, in quotes where it might be something else.
    static func scalar(_ text: String) -> String {
        let isPlain =
            !text.isEmpty
            && text.utf8.allSatisfy { byte in
                switch UInt8(byte) {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "/"), UInt8(ascii: "_"),
                    UInt8(ascii: "-"):
                    true
                default: false
                }
            }
        guard !isPlain || text.hasPrefix("-") else { return text }
        // What JSON writes in quotes, YAML reads.
        let encoder = JSONEncoder()
        encoder.outputFormatting = .withoutEscapingSlashes
        return (try? encoder.encode(text)).map { String(decoding: $0, as: UTF8.self) } ?? "\"\""
    }

    private static func wrapped(_ text: String, width: Int) -> [String] {
        var lines: [String] = []
        for word in text.split(whereSeparator: { $0 == " " || $0 == "\n" }) {
            if let last = lines.last, last.count + word.count < width {
                lines[lines.count - 1] = "\(last) \(word)"
            } else {
                lines.append(String(word))
            }
        }
        return lines
    }
}
