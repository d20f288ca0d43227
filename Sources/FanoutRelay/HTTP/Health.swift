internal import Synchronization
internal import WebSockets

/// Whether clients should be sent here.
struct Health {
    private let statistics: Statistics

    init(_ statistics: Statistics) { self.statistics = statistics }

    /// 200 when the upstream link is acknowledged and the relay isn't shutting down; else 503 with the reason.
    var response: HTTPResponse {
        if statistics.isDraining.load(ordering: .relaxed) { return .text("draining", status: 503) }
        guard statistics.isUpstreamLive.load(ordering: .relaxed) else {
            return .text("the upstream is not connected", status: 503)
        }
        return .text("ready")
    }
}
