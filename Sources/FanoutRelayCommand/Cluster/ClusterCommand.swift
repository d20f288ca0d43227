import ArgumentParser

/// `fanout-relay cluster`: looks at a group of relays, and has another one lead.
struct ClusterCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cluster",
        abstract: "Show how a group of relays is doing, or have another one lead.",
        subcommands: [ClusterStatusCommand.self, HandOverCommand.self]
    )
}
