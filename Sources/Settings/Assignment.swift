/// What one place says of a setting.
package struct Assignment: Equatable, Sendable {
    package struct Value: Equatable, Sendable {
        package let text: String
        package let place: Place
    }

    package let setting: Setting
    package var values: [Value]

    /// The words of a command line that say the same.
    ///
    /// Each is one word, since a value that begins with a dash would else be taken for a flag.
    package var words: [String] {
        switch setting.kind {
        case .flag: values.last.map { ["--\($0.text == "true" ? "" : "no-")\(setting.key)"] } ?? []
        case .one, .many: values.map { "--\(setting.key)=\($0.text)" }
        }
    }

    /// The values by their names, in the order that counts: without names it is that of all of them.
    var textsByName: [String: [String]] {
        Dictionary(grouping: values.map(\.text)) { text in
            setting.namesValues ? String(text.prefix { $0 != "=" }) : ""
        }
    }

    /// Checks what the flag's own declaration doesn't: how many values there are, and whether a flag is true or false.
    init(_ setting: Setting, _ values: [Value], at place: Place) throws(SettingsFault) {
        self.setting = setting
        self.values = values
        switch setting.kind {
        case .many: break
        case .one: if values.count != 1 { throw Self.fault(place, "\(setting.key): allowed: one value") }
        case .flag:
            guard values.count == 1, ["true", "false"].contains(values[0].text) else {
                let text = values.map(\.text).joined(separator: " ")
                throw Self.fault(place, "\(setting.key) '\(text)': allowed: true or false")
            }
        }
    }

    private static func fault(_ place: Place, _ text: String) -> SettingsFault {
        SettingsFault(description: "\(place): \(text)", exitCode: place.exitCode)
    }
}
