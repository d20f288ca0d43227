import ArgumentParser
import CommandSupport
internal import Fanout
import FanoutRelay
import GraphQLTransport

/// Flags about the topics that are offered.
struct TopicOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "A topic: its name, and a subscription as text or @FILE; may be repeated.",
            valueName: "name=document|@file"
        )
    )
    var topic: [String] = []

    @Option(
        help: ArgumentHelp(
            "An option of a topic; may be repeated. variables=JSON. operation-name=NAME. snapshot=none|last: whether a "
                + "new subscriber gets the last event first. lag=disconnect|skip|latest: whether a client that falls "
                + "too far behind is closed, loses the oldest events, or loses all but the newest. "
                + "start=always|demand: whether the operation runs always, or only while somebody listens. "
                + "gap=continue|close: whether standard GraphQL clients, which can't be told that events may be "
                + "missing, go on, or are closed with 1012 so that they reconnect and subscribe anew. "
                + "refetch=QUERY|@FILE: a query whose result becomes an event when the topic runs again after an "
                + "interruption. The defaults are none, disconnect, always, continue and no refetch. The name '*' "
                + "stands for the topics that clients' subscriptions become with --allow-document and "
                + "--allow-any-subscription. Its options are snapshot=none|last and share=always|never: whether equal "
                + "subscriptions share one operation at the server, which later clients join, or each has its own. "
                + "The defaults are none and always.",
            valueName: "name:key=value"
        )
    )
    var topicOption: [String] = []

    @Option(
        help: ArgumentHelp(
            "How long a topic's refetch may take, retries included, before the topic goes on without its result.",
            valueName: "duration"
        ),
        as: Flags.duration(.milliseconds(10) ... .seconds(3_600))
    )
    var refetchTimeout = Configuration.defaults.refetchTimeout

    /// The topics, in the order of the flags.
    func definitions() throws -> [TopicDefinition] {
        var topics: [TopicDefinition] = []
        for text in topic {
            guard let equals = text.firstIndex(of: "=") else {
                throw Failure(line: "--topic '\(text)': allowed: NAME=DOCUMENT or NAME=@FILE", exitCode: 64)
            }
            let document = try FileText.resolve(String(text[text.index(after: equals)...]), option: "--topic")
            topics.append(try TopicDefinition(name: String(text[..<equals]), document: document))
        }
        var clients = DemandPolicy()
        for option in try topicOption.map(TopicOption.init) {
            if option.isForClients { try option.apply(to: &clients) } else { try apply(option, to: &topics) }
        }
        return topics
    }

    /// Writes the options of client topics to a policy.
    ///
    /// - Parameter hasDocuments: Whether there are documents that clients may bring.
    func apply(to demand: inout DemandPolicy, hasDocuments: Bool = false) throws {
        for option in try topicOption.map(TopicOption.init) where option.isForClients {
            guard demand.allowsAnySubscription || hasDocuments else {
                throw option.failure(
                    "'*' with --allow-any-subscription or --allow-document, without which clients have no topics"
                )
            }
            try option.apply(to: &demand)
        }
    }

    private func apply(_ option: TopicOption, to topics: inout [TopicDefinition]) throws {
        func failure(_ allowed: String) -> Failure { option.failure(allowed) }
        guard let index = topics.firstIndex(where: { $0.name == option.name }) else {
            throw failure("the name of a --topic, which '\(option.name)' is not, or '*' for those of clients")
        }
        let value = option.value
        switch option.key {
        case "variables":
            let variables = try FileText.resolve(value, option: "--topic-option")
            do {
                _ = try JSONScanner.scanObject(Array(variables.utf8).span)
            } catch {
                throw failure("variables that are a JSON object, but \(error)")
            }
            topics[index].variables = variables
        case "operation-name":
            topics[index].operationName = value
        case "snapshot":
            guard let snapshot = TopicDefinition.Snapshot(rawValue: value) else { throw failure("snapshot=none|last") }
            topics[index].snapshot = snapshot
        case "start":
            guard let start = TopicDefinition.Start(rawValue: value) else { throw failure("start=always|demand") }
            topics[index].start = start
        case "lag":
            guard let action = TopicDefinition.LagAction(rawValue: value) else {
                throw failure("lag=disconnect|skip|latest")
            }
            topics[index].lagAction = action
        case "refetch":
            topics[index].refetch = try FileText.resolve(value, option: "--topic-option")
        case "gap":
            guard let action = TopicDefinition.GapAction(rawValue: value) else { throw failure("gap=continue|close") }
            topics[index].gapAction = action
        case "share":
            throw failure("share for clients' topics only, as '*:share=\(value)'")
        case let key:
            throw failure("the keys variables, operation-name, snapshot, lag, start, gap and refetch, not '\(key)'")
        }
    }
}

extension TopicOptions {
    /// The topics, checked as far as possible without the server; at least one, unless `mayLack`.
    func checkedDefinitions(mayLack: Bool = false) throws -> [TopicDefinition] {
        do {
            let topics = try definitions()
            guard !topics.isEmpty || mayLack else {
                throw Failure(
                    line: "--topic: at least one is needed, NAME=DOCUMENT or NAME=@FILE, or --allow-document or "
                        + "--allow-any-subscription",
                    exitCode: 64
                )
            }
            for topic in topics { try topic.check() }
            return topics
        } catch let error as TopicError {
            throw Failure(line: "--topic: \(error)", exitCode: 64)
        }
    }
}
