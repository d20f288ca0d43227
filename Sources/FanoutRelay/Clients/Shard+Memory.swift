internal import Fanout
internal import GraphQLTransport
internal import WebSockets

/// What a shard gives up when the process is short of memory.
extension Shard {
    /// The part of the clients that lag which is cut off at a time, at least one; the next look at the memory decides
    /// over the others.
    private static let share = 4

    /// Halves the histories, and closes the clients that lag the most.
    ///
    /// A client that doesn't read holds the rest of a frame, and what it lacks can't be forgotten.
    func shed() {
        for index in topics.indices { topics[index].backlog.halve() }
        let blocked = clients.compactMap(\.self).filter { $0.isBlocked && $0.socket.isOpen }
        guard !blocked.isEmpty else { return }
        let byLag = blocked.map { (client: $0, bytes: $0.lag(in: topics)) }.sorted { $0.bytes > $1.bytes }
        for (client, _) in byLag.prefix(max(1, blocked.count / Self.share)) {
            routes.statistics.memory.countShed()
            client.socket.close(CloseCode.tryAgainLater.rawValue, "Short of memory: try again later")
            // It doesn't read, so that it wouldn't see the close frame before its time is over.
            client.socket.terminate()
        }
    }
}
