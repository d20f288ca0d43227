import Backoffs
import Fanout
import FanoutRelay
import GraphQLSession
import Logging

/// A relay on an upstream that does with each operation what the test says.
struct PickyStage {
    let upstream: PickyUpstream
    let relay: Relay
    let port: UInt16
    let log: LogRecorder

    /// Runs `body` on a stage that is torn down after it.
    static func run(
        _ topics: [TopicDefinition] = [],
        level: Logger.Level = .info,
        adjust: (inout Configuration) -> Void = { _ in },
        reply: @escaping @Sendable (String) -> PickyUpstream.Reply,
        _ body: (PickyStage) async throws -> Void
    ) async throws {
        let upstream = try PickyUpstream(reply)
        let result: Result<Void, any Error>
        do {
            let endpoint = try await upstream.listen()
            var configuration = Configuration(upstream: endpoint, topics: topics, shards: 1)
            configuration.listeners = [ListenerConfiguration(.port(host: "127.0.0.1", port: 0))]
            configuration.session.retryConnect = .constant(.milliseconds(20))
            configuration.retrySubscribe = .constant(.milliseconds(20))
            adjust(&configuration)
            let log = LogRecorder()
            let relay = try await Relay(configuration, logger: log.logger(level))
            let port = UInt16(relay.address.split(separator: ":").last ?? "") ?? 0
            do {
                try await body(PickyStage(upstream: upstream, relay: relay, port: port, log: log))
                result = .success(())
            } catch {
                result = .failure(error)
            }
            await relay.drain(over: .zero)
        } catch {
            result = .failure(error)
        }
        await upstream.stop()
        try result.get()
    }

    /// A topic of the operator's, with the document `subscription { NAME }`.
    static func topic(_ name: String) throws -> TopicDefinition {
        try TopicDefinition(name: name, document: "subscription { \(name) }")
    }

    /// Looks at a page again and again until it holds a text; the test's time limit bounds it.
    @discardableResult
    func page(_ path: String, holds text: String) async throws -> String {
        let peer = try Peer(port: port)
        while true {
            let body = try await peer.get(path).body
            if body.contains(text) { return body }
            try Task.checkCancellation()
        }
    }

    /// Waits until a line of the log holds a text.
    func log(holds text: String) async throws {
        while !log.lines.contains(where: { $0.contains(text) }) {
            try Task.checkCancellation()
            await Task.yield()
        }
    }
}
