import ArgumentParser
import CommandSupport
import FanoutRelay
import Glibc

/// `fanout-relay cluster hand-over`: has another relay lead, without a gap.
struct HandOverCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "hand-over",
        abstract: "Have another relay of the group lead.",
        discussion: """
            The relay that is to lead runs the operations too, and leads once it knows their place in the log, mostly \
            after 3 s, so that clients see no gap. The former leader stays in the group. A relay that is shut down \
            hands over by itself.

            Exit codes: 0, 64 bad flags, 69 no server answers, or the leader stays, 78 a file can't be used.

            Example:
              fanout-relay cluster hand-over --cluster nats://localhost:4222 --to relay-2
            """
    )

    /// A leader gives up after eight seconds.
    private static let patience = Duration.seconds(12)

    @OptionGroup
    var group: GroupOptions

    @Option(
        help: ArgumentHelp("Which relay is to lead; without it the next in turn.", valueName: "name"),
        transform: Flags.nodeName
    )
    var to: String?

    @Option(help: ArgumentHelp("Of which partition.", valueName: "number"), as: Flags.integer(0...63))
    var partition = 0

    func run() async throws {
        ProcessSignals.endAtHangUp()
        let configuration = try group.group()
        do throws(GroupViewFailure) {
            let leader = try await configuration.handOver(
                partition,
                to: to,
                within: Self.patience,
                look: group.wait
            )
            StandardStream.output.write("\(leader) leads partition \(partition)\n")
        } catch {
            throw group.failure(error.reason)
        }
    }
}
