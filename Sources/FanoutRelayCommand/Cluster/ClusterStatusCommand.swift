import ArgumentParser
import CommandSupport
import FanoutRelay
import FoundationEssentials
import Glibc

/// `fanout-relay cluster status`: shows who leads a group, and how far each relay is.
struct ClusterStatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Show who leads, and how far each relay of the group is.",
        discussion: """
            It connects to the group's servers and asks all relays. LAG is how many messages of the log a relay knows \
            of and hasn't read.

            Exit codes: 0, 64 bad flags, 69 no server answers, or a partition isn't led by one relay, 78 a file can't \
            be used.

            Example:
              fanout-relay cluster status --cluster nats://localhost:4222
            """
    )

    @OptionGroup
    var group: GroupOptions

    @Flag(help: "Prints it as JSON.")
    var json = false

    func run() async throws {
        ProcessSignals.endAtHangUp()
        let configuration = try group.group()
        let view: GroupView
        do throws(GroupViewFailure) {
            view = try await configuration.view(waiting: group.wait)
        } catch {
            throw group.failure(error.reason)
        }
        if json {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
            StandardStream.output.write("\(String(decoding: try encoder.encode(view), as: UTF8.self))\n")
        } else {
            StandardStream.output.write(GroupText(view).lines.map { "\($0)\n" }.joined())
        }
        guard view.unled.isEmpty else {
            let numbers = view.unled.map(String.init).joined(separator: ", ")
            throw group.failure("not led by one relay: partition \(numbers)")
        }
    }
}
