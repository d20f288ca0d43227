internal import AllowedDocuments
import ArgumentParser
import Backoffs
import CommandSupport
import FanoutRelay
import Glibc
import GraphQLSession

/// `fanout-relay check`: checks the flags, and tries the server once.
struct CheckCommand: AsyncParsableCommand, RelayFlags, BrieflyHelped {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Check flags, connect to the server once, start each topic's operation and end it, and report.",
        discussion: """
            It takes all that serve takes, and complains of what serve would. The report has a line for each address \
            of --listen and --admin-listen, at which nothing is bound, and for each topic: its first result, or the \
            server's errors. An operation without a result or error within --wait counts as accepted. Each allowed \
            document has a line with what its variables are; subscriptions and queries that need neither a claim nor \
            a client's variables are tried like topics. There need be no topics.

            With --cluster each of the group's servers is connected to, and its streams are compared with what the \
            flags say; none is made or changed. What keeps the relay out of the group ends the check.

            Exit codes: 0 the server accepts all operations, 64 bad flags, 65 the server refuses an operation, 69 the \
            server doesn't acknowledge the connection, or the relay can't be one of its group, 78 a file can't be used.

            Example:
              fanout-relay check --upstream ws://localhost:4000/graphql --topic news=@news.graphql
            """
    )

    static let example = """
        fanout-relay check --upstream ws://localhost:4000/graphql \\
            --topic 'news=subscription { news { title } }'
        """

    static let mostUsedFlags = [
        "wait", "config", "upstream", "header", "init-payload", "topic",
        "allow-document", "named-query",
    ]

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

    @Option(
        help: ArgumentHelp(
            "How long to wait for a first result or an error of each topic's operation.",
            valueName: "duration"
        ),
        as: Flags.duration(.milliseconds(10) ... .seconds(3_600))
    )
    var wait = Duration.seconds(2)

    /// Connects once.
    func run() async throws {
        ProcessSignals.endAtHangUp()
        let endpoint = try upstream.endpoint()
        let configuration = try self.configuration(mayLackTopics: true)
        let documents = configuration.documents
        for line in try ListenerReport(configuration).lines { StandardStream.output.write("\(line)\n") }
        if let cluster = configuration.cluster {
            let findings = await cluster.findings(largestEvent: configuration.session.maximumMessageSize)
            let report = ClusterReport(findings, of: cluster)
            for line in report.lines { StandardStream.output.write("\(line)\n") }
            if let failure = report.failure { throw failure }
        }
        let clock = ContinuousClock()
        let start = clock.now
        do {
            let client = GraphQLClient(endpoint: endpoint, configuration: configuration.session)
            let session = try await client.connect(reconnecting: false)
            let time = start.duration(to: clock.now)
            StandardStream.output.write("\(endpoint): acknowledged after \(time)\n")
            if await session.isNumbered {
                StandardStream.output.write("\(endpoint): a relay, whose numbers and resume tokens are taken over\n")
            }
            if let url = upstream.executeUrl {
                do {
                    _ = try await session.execute(try GraphQLRequest(query: "{ __typename }"))
                } catch {
                    throw Failure(line: "--execute-url \(url): \(error)", exitCode: EX_UNAVAILABLE)
                }
                StandardStream.output.write("\(url): executes queries\n")
            }
            for document in documents {
                StandardStream.output.write("document \(document.name): \(document.summary)\n")
            }
            let candidates =
                try configuration.topics.map(TopicTrial.Candidate.init)
                + documents.compactMap(TopicTrial.Candidate.init)
            let trials = try await TopicTrial.run(candidates, on: session, for: wait)
            await session.close()
            for trial in trials { StandardStream.output.write("\(trial.line)\n") }
            let refused = [TopicTrial.Source.topic, .document].compactMap { source -> String? in
                let names = trials.filter { $0.source == source && !$0.isAccepted }.map(\.name)
                return names.isEmpty ? nil : "\(source.option): refused by the server: \(names.joined(separator: ", "))"
            }
            guard refused.isEmpty else { throw Failure(line: refused.joined(separator: "; "), exitCode: EX_DATAERR) }
        } catch let failure as Failure {
            throw failure
        } catch {
            throw Failure(line: "--upstream \(endpoint): \(error)", exitCode: EX_UNAVAILABLE)
        }
    }
}
