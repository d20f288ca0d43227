internal import FoundationEssentials

/// What flags, environment and file say together: a flag goes before a variable, that before the file, and that before
/// the default.
///
/// A repeated flag replaces the list of the variable or the file, and doesn't add to it.
package struct Settings: Sendable {
    /// The command line that says all of it.
    package let arguments: [String]
    /// What counts of each setting that isn't at its default, in the order of the catalogue.
    package let assignments: [Assignment]
    /// Variables that name no setting; nothing else is wrong with them, as others may have set them: Kubernetes puts
    /// some with this prefix into every pod beside a service of the relay's name.
    package let unknownVariables: [String]

    /// The variable that names the file.
    package static let fileVariable = Setting.variablePrefix + "CONFIG"
    private static let fileFlag = "--config"

    /// Brings them together.
    ///
    /// - Parameters:
    ///   - arguments: Those of the process, behind the command's name.
    ///   - catalogue: The settings that a file may have.
    ///   - command: Those that the command takes; the others are passed over.
    ///   - read: Reads the file of a path.
    package init(
        arguments: [String],
        environment: [String: String],
        catalogue: SettingCatalogue,
        command: SettingCatalogue,
        read: (String) throws -> [UInt8]
    ) throws {
        let flags = CommandLineWords(arguments)
        var found: [String: Assignment] = [:]
        if let path = flags.last(Self.fileFlag) ?? environment[Self.fileVariable], !path.isEmpty {
            for assignment in try SettingsFile(path: path, catalogue: catalogue).assignments(try read(path)) {
                found[assignment.setting.key] = assignment
            }
        }
        var unknown: [String] = []
        for (name, text) in environment.sorted(by: { $0.key < $1.key })
        where name.hasPrefix(Setting.variablePrefix) && name != Self.fileVariable {
            guard let setting = command.of(variable: name) ?? catalogue.of(variable: name) else {
                unknown.append(name)
                continue
            }
            found[setting.key] = try Self.assignment(of: setting, text, name)
        }
        // Topics are one thing: whoever names them by flags means these, without the options of others.
        let isGiven = { (key: String) in flags.has("--\(key)") || (key == "topic-option" && flags.has("--topic")) }
        let given = command.settings.compactMap { found[$0.key] }.filter { assignment in
            let key = assignment.setting.key
            return !isGiven(key) && !(assignment.setting.kind == .flag && flags.has("--no-\(key)"))
        }
        unknownVariables = unknown
        self.arguments = given.flatMap(\.words) + arguments
        var all = Dictionary(given.map { ($0.setting.key, $0) }) { first, _ in first }
        for setting in command.settings {
            let values = flags.values(of: setting)
            guard !values.isEmpty else { continue }
            let kept = setting.kind == .many ? values : Array(values.suffix(1))
            all[setting.key] = try? Assignment(
                setting,
                kept.map { Assignment.Value(text: $0, place: .flag) },
                at: .flag
            )
        }
        assignments = command.settings.compactMap { all[$0.key] }
    }

    /// The keys of the settings that another one says otherwise, or doesn't say, in alphabetical order.
    ///
    /// The order of values that have names, as topics do, is no difference.
    package func differences(from other: Settings) -> [String] {
        func texts(_ settings: Settings) -> [String: [String: [String]]] {
            Dictionary(settings.assignments.map { ($0.setting.key, $0.textsByName) }) { first, _ in first }
        }
        let (own, others) = (texts(self), texts(other))
        return Set(own.keys).union(others.keys).filter { own[$0] != others[$0] }.sorted()
    }

    /// Whether a variable of the environment has the prefix of settings.
    package static func mayConcern(_ variable: String) -> Bool { variable.hasPrefix(Setting.variablePrefix) }

    /// The environment of the process.
    package static var environment: [String: String] { ProcessInfo.processInfo.environment }

    /// A list has a value in each line.
    private static func assignment(
        of setting: Setting,
        _ text: String,
        _ name: String
    ) throws(SettingsFault) -> Assignment {
        let place = Place.environment(name)
        let values = setting.kind == .many ? text.split(separator: "\n").map(String.init) : [text]
        return try Assignment(setting, values.map { Assignment.Value(text: $0, place: place) }, at: place)
    }

    /// Whether a complaint names the flag of a key, and not one of a longer name.
    private static func names(_ complaint: String, _ key: String) -> Bool {
        complaint.ranges(of: "--\(key)").contains { range in
            guard let next = complaint[range.upperBound...].utf8.first else { return true }
            return next != UInt8(ascii: "-") && !(UInt8(ascii: "a")...UInt8(ascii: "z")).contains(next)
        }
    }

    /// A complaint about the command line, in the terms of where the value stands; and the place, unless it is a flag.
    package func locate(_ complaint: String) -> (line: String, place: Place?) {
        var best: (length: Int, setting: Setting, place: Place)?
        for assignment in assignments where Self.names(complaint, assignment.setting.key) {
            // Of several values the one that is named, else the first.
            let value = assignment.values.first { complaint.contains("'\($0.text)'") } ?? assignment.values.first
            guard let value, value.place != .flag else { continue }
            let length = assignment.setting.key.utf8.count
            if best.map({ $0.length < length }) ?? true { best = (length, assignment.setting, value.place) }
        }
        guard let best else { return (complaint, nil) }
        let key = best.setting.key
        return ("\(best.place): " + complaint.replacing("--\(key)", with: key), best.place)
    }
}
