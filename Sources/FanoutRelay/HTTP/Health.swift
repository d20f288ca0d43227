internal import Fanout
internal import GraphQLSession
internal import Synchronization
internal import WebSockets

/// Whether a load balancer should send clients here.
struct Health {
    private let statistics: Statistics

    init(_ statistics: Statistics) { self.statistics = statistics }

    /// The most topics that an answer names.
    private static let listed = 100

    /// What is missing for clients to be served.
    private var lack: String {
        statistics.cluster == nil ? "the upstream is not connected" : "the log of the relay's group isn't read"
    }

    private var reason: String? {
        statistics.cluster.map { $0.fault.withLock { $0 } } ?? statistics.upstreamFailure.withLock { $0 }
    }

    /// 200 when events come (by the upstream link, or from the log of the relay's group), tokens can be judged, and the
    /// relay isn't shutting down; otherwise 503 with the reason.
    ///
    /// A topic that isn't live is named, but the status stays 200: the other topics are served.
    ///
    /// - Parameter tellsInside: Whether the client may know the topics' names, and what concerns the server and its
    ///   address.
    func response(tellsInside: Bool) -> HTTPResponse {
        if statistics.isLeaving.load(ordering: .relaxed) { return .text("draining", status: 503) }
        guard statistics.hasSource else {
            return .text(lack + (tellsInside ? reason.map { ": \($0)" } ?? "" : ""), status: 503)
        }
        if statistics.awaitsKeys { return .text("the keys of tokens aren't known yet", status: 503) }
        let down = statistics.topics.compactMap { topic in topic.lack.map { "\(topic.name) (\($0.rawValue))" } }
        guard !down.isEmpty, tellsInside else { return .text("ready") }
        let more = down.count > Self.listed ? "\nand \(down.count - Self.listed) more" : ""
        return .text("ready, without these topics:\n" + down.prefix(Self.listed).joined(separator: "\n") + more)
    }
}

extension LinkFailure {
    /// The reason as strangers may know it: where credentials come from concerns only the operator.
    var told: String {
        if case .credentials = self { return "there are no credentials for it" }
        return description
    }
}
