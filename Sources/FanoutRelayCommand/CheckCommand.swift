import ArgumentParser
import Backoff
import FanoutRelay
import Glibc
import GraphQLSession

/// `fanout-relay check`: tries flags and server once.
struct CheckCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Check flags and topics, connect to the server once, and report.",
        discussion: """
            Exit codes: 0 the server acknowledges, 64 bad flags, 69 it doesn't, 78 a file can't be read.

            Example:
              fanout-relay check --upstream ws://localhost:4000/graphql --topic news=@news.graphql
            """
    )

    @OptionGroup(title: "Upstream")
    var upstream: UpstreamOptions

    @OptionGroup(title: "Topics")
    var topics: TopicOptions

    /// Connects once.
    func run() async throws {
        ProcessSignals.endAtHangUp()
        let endpoint = try upstream.endpoint()
        let definitions = try topics.topic.isEmpty ? [] : topics.checkedDefinitions()
        for topic in definitions { StandardStream.output.write("topic \(topic.name): a valid subscription\n") }
        let configuration = try upstream.configuration()
        let clock = ContinuousClock()
        let start = clock.now
        do {
            let client = GraphQLClient(endpoint: endpoint, configuration: configuration)
            let session = try await client.connect(reconnecting: false)
            let time = start.duration(to: clock.now)
            StandardStream.output.write("\(endpoint): acknowledged after \(time)\n")
            if let url = upstream.executeUrl {
                do {
                    _ = try await session.execute(try Request(query: "{ __typename }"))
                } catch {
                    throw Failure(line: "--execute-url \(url): \(error)", exitCode: EX_UNAVAILABLE)
                }
                StandardStream.output.write("\(url): executes queries\n")
            }
            await session.close()
        } catch let failure as Failure {
            throw failure
        } catch {
            throw Failure(line: "--upstream \(endpoint): \(error)", exitCode: EX_UNAVAILABLE)
        }
    }
}
