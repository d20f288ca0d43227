package import ArgumentParser
internal import CommandSupport

/// The settings of a command, read off its own declarations.
package struct SettingCatalogue: Sendable {
    /// In the order of the help.
    package let settings: [Setting]
    private let places: [String: Int]
    private let variables: [String: Int]

    package init(_ settings: [Setting]) {
        self.settings = settings
        places = Dictionary(settings.enumerated().map { ($1.key, $0) }) { first, _ in first }
        variables = Dictionary(settings.enumerated().map { ($1.variable, $0) }) { first, _ in first }
    }

    /// Those of a command, except what isn't for files, such as `--help`.
    package init(of command: (some ParsableCommand).Type) {
        let flags = CommandOutline(of: command).settable.filter { !Self.others.contains($0.name) }
        self.init(flags.map(Setting.init))
    }

    /// Flags that are no settings: which file is read, and what ends the program at once.
    private static let others: Set<String> = ["config", "help", "version"]

    package func named(_ key: String) -> Setting? { places[key].map { settings[$0] } }

    func of(variable: String) -> Setting? { variables[variable].map { settings[$0] } }

    /// The same of a variable.
    package func hint(forVariable name: String) -> String {
        NearestName.find(name, among: settings.map(\.variable)).map { "; did you mean \($0)?" } ?? ""
    }

    /// `; did you mean KEY?`, if one is near to what isn't known.
    func hint(for key: String) -> String {
        NearestName.find(key, among: settings.map(\.key)).map { "; did you mean \($0)?" } ?? ""
    }
}

extension Setting {
    /// That of a flag.
    fileprivate init(_ flag: CommandOutline.Flag) {
        let kind: Kind =
            switch flag.kind {
            case .flag: .flag
            case .one: .one
            case .many: .many
            }
        self.init(key: flag.name, kind: kind, valueName: flag.valueName, section: flag.section, help: flag.help)
    }
}
