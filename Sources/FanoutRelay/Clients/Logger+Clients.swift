internal import Fanout
internal import Logging
internal import WebSockets

/// The life of a client in the log, all of it at debug: there may be any number of clients.
///
/// What clients chose is clipped, and neither a payload nor a credential is among it.
extension Logger {
    /// The most characters of an operation's id, or a name that a client chose.
    private static let longestName = 64

    /// Notes a handshake or request that is refused.
    ///
    /// The path isn't told where there is nothing, since anything may stand in it.
    func refused(_ peer: String, _ status: Int, _ reason: String) {
        debug(
            "client refused",
            metadata: [
                "peer": "\(peer)", "status": .stringConvertible(status),
                "reason": "\(status == 404 ? "there is nothing at its path" : reason)",
            ]
        )
    }

    func came(_ client: Client, at path: String) {
        debug(
            "client came",
            metadata: client.metadata([
                "peer": "\(client.socket.peer)", "path": "\(path)", "protocol": "\(client.dialect.spoken.rawValue)",
            ])
        )
    }

    /// Notes that it is known what a client may have, and whose credential it showed, if that says so.
    func admitted(_ client: Client, _ subject: String?) {
        debug(
            "client admitted",
            metadata: client.metadata(subject.map { ["subject": "\($0)"] } ?? [:])
        )
    }

    func subscribed(_ subscriber: Subscriber, to topic: @autoclosure () -> TopicDefinition) {
        debug("client subscribed", metadata: subscriber.metadata(topic()))
    }

    /// Notes the end of an operation whose client stays.
    func ended(_ subscriber: Subscriber, of topic: TopicDefinition, by closer: WebSocketClosure.Closer) {
        debug(
            "client's subscription ended",
            metadata: subscriber.metadata(topic).merging(["by": "\(closer)"]) { $1 }
        )
    }

    func left(_ client: Client, _ closure: WebSocketClosure) {
        debug(
            "client left",
            metadata: client.metadata(
                ["peer": "\(client.socket.peer)", "by": "\(closure.closer)", "closure": "\(closure)"]
            )
        )
    }

    /// Notes a client's query or mutation that runs, or has its last answer.
    func runs(_ operation: String, of kind: String, for client: Client) {
        debug(
            "client's operation runs",
            metadata: client.metadata(["operation": Self.clipped(operation), "kind": "\(kind)"])
        )
    }

    func answered(_ operation: String, for client: Client) {
        debug("client's operation is answered", metadata: client.metadata(["operation": Self.clipped(operation)]))
    }

    fileprivate static func clipped(_ text: String) -> MetadataValue {
        "\(String(text.unicodeScalars.prefix(longestName)))"
    }
}

extension Client {
    /// Its number, with more that belongs to an entry of the log.
    func metadata(_ others: Logger.Metadata = [:]) -> Logger.Metadata {
        others.merging(["client": .stringConvertible(socket.number)]) { $1 }
    }
}

extension Subscriber {
    fileprivate func metadata(_ topic: TopicDefinition) -> Logger.Metadata {
        var metadata = client.metadata(["topic": Logger.clipped(topic.name)])
        if encoding.isOperation, !id.isEmpty { metadata["operation"] = Logger.clipped(id) }
        return metadata
    }
}

extension WebSocketClosure {
    /// Who ended a connection.
    enum Closer {
        case client, relay
        /// It was lost without a word from either.
        case network
    }

    /// Who ended it; a reason without a code is why it was cut.
    var closer: Closer {
        if ownCode != nil { return .relay }
        if code != nil { return .client }
        return reason.isEmpty ? .network : .relay
    }
}
