/// A setting: all that is known of it stands in the flag's own declaration.
package struct Setting: Hashable, Sendable {
    /// How values are given.
    package enum Kind: Sendable {
        /// True or false.
        case flag
        /// One value.
        case one
        /// Any number of values.
        case many
    }

    /// The flag's name without its dashes; also the key in a file.
    package let key: String
    package let kind: Kind
    /// What the help calls a value, such as `file`.
    package let valueName: String
    /// The section of the help in which it stands.
    package let section: String
    /// What the help says of it.
    package let help: String

    package init(key: String, kind: Kind, valueName: String = "", section: String = "", help: String = "") {
        self.key = key
        self.kind = kind
        self.valueName = valueName
        self.section = section
        self.help = help
    }

    /// The variable of the environment.
    package var variable: String {
        Self.variablePrefix + String(key.uppercased().map { $0 == "-" ? "_" : $0 })
    }

    static let variablePrefix = "FANOUT_RELAY_"

    /// Whether a value may be a credential.
    var isSecret: Bool { ["Name: value", "'Name: value'", "json|@file", "command"].contains(valueName) }

    /// Whether a value may be a URL, whose user and parameters may be credentials.
    var isURL: Bool { valueName == "url" }

    /// Whether each value begins with a name, as `name=document`: then only the order of those with one name counts.
    var namesValues: Bool { kind == .many && valueName.hasPrefix("name") && valueName.contains("=") }

    /// The default, if the help names one: `… (1 to 5; default: 3)`; several values for a list.
    var standard: [String] {
        guard kind != .flag else { return ["false"] }
        guard help.hasSuffix(")"), let mark = help.ranges(of: "default: ").last else { return [] }
        var text = help[mark.upperBound...].dropLast()
        // What has spaces is in quotes there, to be pasted.
        if text.count > 1, text.first == "'", text.last == "'" { text = text.dropFirst().dropLast() }
        return kind == .many ? text.split(separator: ", ").map(String.init) : [String(text)]
    }
}
