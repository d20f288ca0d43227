import ArgumentParser
import CommandSupport
import Glibc
import Settings

/// `fanout-relay config`: says which settings count, and where each stands.
struct ConfigCommand: AsyncParsableCommand, RelayFlags, BrieflyHelped {
    static let configuration = CommandConfiguration(
        commandName: "config",
        abstract: "Print the settings that count, and where each stands.",
        discussion: """
            It takes the flags of serve, reads the variables of the environment and the file of --config as serve \
            does, and prints a settings file of what counts, with the place of each value behind it. Secrets are \
            printed as ***.

            Exit codes: 0, 64 a wrong flag or variable, 78 a wrong file.

            Examples:
              fanout-relay config --defaults > relay.yaml
              fanout-relay config --config relay.yaml
              fanout-relay config --diff relay.yaml new.yaml
            """
    )

    static let example = """
        fanout-relay config --defaults > relay.yaml
        fanout-relay config --config relay.yaml
        """

    static let mostUsedFlags = [
        "defaults", "schema", "diff", "config",
    ]

    @Flag(help: "Prints a settings file to begin with, in which every setting is a comment.")
    var defaults = false

    @Flag(help: "Prints a JSON Schema of settings files, for editors.")
    var schema = false

    @Flag(help: "Prints what differs between two settings files.")
    var diff = false

    @Argument(help: "The two files of --diff.")
    var files: [String] = []

    @OptionGroup(title: "Settings")
    var file: SettingsFileOption

    @OptionGroup(title: "Upstream")
    var upstream: UpstreamOptions

    @OptionGroup(title: "Topics")
    var topics: TopicOptions

    @OptionGroup(title: "Topics on demand")
    var demand: DemandOptions

    @OptionGroup(title: "Documents")
    var documents: DocumentOptions

    @OptionGroup(title: "Queries")
    var queries: QueryOptions

    @OptionGroup(title: "Listeners")
    var listen: ListenOptions

    @OptionGroup(title: "Downstream")
    var downstream: DownstreamOptions

    @OptionGroup(title: "Limits")
    var limits: LimitOptions

    @OptionGroup(title: "Access")
    var access: AccessOptions

    @OptionGroup(title: "Operators")
    var operators: OperatorOptions

    @OptionGroup(title: "Cluster")
    var cluster: ClusterOptions

    @OptionGroup(title: "Log")
    var log: LogOptions

    func validate() throws {
        guard [defaults, schema, diff].count(where: \.self) <= 1 else {
            throw ValidationError("allowed: one of --defaults, --schema and --diff")
        }
        guard files.count == (diff ? 2 : 0) else {
            throw ValidationError("'\(files.joined(separator: " "))': allowed: --diff OLD NEW, and no files otherwise")
        }
    }

    func run() async throws {
        let report = SettingsReport(RelaySettings.catalogue)
        let text =
            if defaults {
                report.defaults
            } else if schema {
                SettingsSchema(RelaySettings.catalogue).text
            } else if diff {
                report.difference(try settings(of: files[0]), try settings(of: files[1]))
            } else {
                report.effective(
                    try RelaySettings.bringTogether(Array(CommandLine.arguments.dropFirst(2)), for: ServeCommand.self)
                )
            }
        StandardStream.output.write(text)
    }

    /// What a file says, without flags and variables.
    private func settings(of file: String) throws -> Settings {
        try RelaySettings.bringTogether(["--config=\(file)"], for: ServeCommand.self, environment: [:])
    }
}
