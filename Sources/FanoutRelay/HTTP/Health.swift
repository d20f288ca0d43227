internal import Fanout
internal import GraphQLSession
internal import Synchronization
internal import WebSockets

/// Whether clients should be sent here.
struct Health {
    private let statistics: Statistics

    init(_ statistics: Statistics) { self.statistics = statistics }

    /// How many topics are named at most.
    private static let listed = 100

    /// 200 when the upstream link is acknowledged and the relay isn't shutting down; else 503 with the reason.
    ///
    /// A topic that isn't live is named and no reason to send nobody here: the others are served.
    ///
    /// - Parameter tellsInside: Whether topics, and what the server or its address is said to be, may be told.
    func response(tellsInside: Bool) -> HTTPResponse {
        if statistics.isLeaving.load(ordering: .relaxed) { return .text("draining", status: 503) }
        guard statistics.isUpstreamLive.load(ordering: .relaxed) else {
            let reason = tellsInside ? statistics.upstreamFailure.withLock { $0 } : nil
            return .text("the upstream is not connected\(reason.map { ": \($0)" } ?? "")", status: 503)
        }
        let down = statistics.topics.compactMap { topic in topic.lack.map { "\(topic.name) (\($0.rawValue))" } }
        guard !down.isEmpty, tellsInside else { return .text("ready") }
        let more = down.count > Self.listed ? "\nand \(down.count - Self.listed) more" : ""
        return .text("ready, without these topics:\n" + down.prefix(Self.listed).joined(separator: "\n") + more)
    }
}

extension LinkFailure {
    /// What whoever asks may hear of it: where credentials come from is the operator's.
    var told: String {
        if case .credentials = self { return "there are no credentials for it" }
        return description
    }
}
