import ArgumentParser
import Glibc
import Settings

/// The settings of a command line: its flags, the environment, and a file.
enum RelaySettings {
    /// What a settings file may have: the flags of `serve`.
    static let catalogue = SettingCatalogue(of: ServeCommand.self)

    /// The commands that take settings from elsewhere than their flags.
    private static let commands: [any ParsableCommand.Type] = [
        ServeCommand.self, CheckCommand.self, ConfigCommand.self, ConsoleCommand.self,
    ]

    /// The settings of a program's arguments, of which the first is the command; nil where they are the flags alone.
    static func settings(
        _ arguments: [String],
        environment: [String: String] = Settings.environment
    ) throws -> Settings? {
        guard let command = commands.first(where: { $0._commandName == arguments.first }),
            arguments.contains(where: { $0 == "--config" || $0.hasPrefix("--config=") })
                || environment.keys.contains(where: Settings.mayConcern)
        else { return nil }
        return try bringTogether(Array(arguments.dropFirst()), for: command, environment: environment)
    }

    /// Brings together what concerns a command.
    static func bringTogether(
        _ arguments: [String],
        for command: any ParsableCommand.Type,
        environment: [String: String] = Settings.environment
    ) throws -> Settings {
        try Settings(
            arguments: arguments,
            environment: environment,
            catalogue: catalogue,
            command: command == ServeCommand.self ? catalogue : SettingCatalogue(of: command)
        ) { path in
            try FileText.readBytes(path, option: "--config")
        }
    }

    /// The line about a variable that names no setting.
    static func notice(of variable: String) -> String {
        "\(variable) in the environment is no setting\(catalogue.hint(forVariable: variable)): it is passed over"
    }
}
