package import ArgumentParser
internal import FoundationEssentials

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
        let dump = try? JSONDecoder().decode(Dump.self, from: Data(command._dumpHelp().utf8))
        let settings = (dump?.command.arguments ?? []).compactMap(\.setting)
        // A flag that can be taken back is declared twice: as itself, and with no- in front.
        let keys = Set(settings.map(\.key))
        self.init(
            settings.filter {
                !($0.kind == .flag && $0.key.hasPrefix("no-") && keys.contains(String($0.key.dropFirst(3))))
            }
        )
    }

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

/// What a command says of itself as JSON, as far as it is needed here.
private struct Dump: Decodable {
    struct Command: Decodable { let arguments: [Argument]? }

    struct Argument: Decodable {
        struct Name: Decodable {
            let kind: String
            let name: String
        }

        let kind: String
        let names: [Name]?
        let isRepeating: Bool
        let valueName: String?
        let sectionTitle: String?
        let abstract: String?

        /// Keys that name no setting: which file is read, and what ends the program at once.
        private static let others: Set<String> = ["config", "help", "version"]

        var setting: Setting? {
            guard let name = names?.first(where: { $0.kind == "long" })?.name, !Self.others.contains(name) else {
                return nil
            }
            return Setting(
                key: name,
                kind: kind == "flag" ? .flag : isRepeating ? .many : .one,
                valueName: valueName ?? "",
                section: sectionTitle ?? "",
                help: abstract ?? ""
            )
        }
    }

    let command: Command
}
