#if Cluster
internal import WebSockets

extension ClusterConfiguration {
    /// How a group is, from outside.
    ///
    /// - Parameters:
    ///   - time: How long its relays have to answer.
    ///   - limit: How long connecting to a server may take.
    package func view(
        waiting time: Duration,
        connectingWithin limit: Duration = .seconds(5)
    ) async throws(GroupViewFailure) -> GroupView {
        try await observe(within: limit) { observer throws(GroupViewFailure) in try await observer.look(for: time) }
    }

    /// Has another relay lead a partition.
    ///
    /// - Parameters:
    ///   - successor: The one that is to lead; nil for the next in turn.
    ///   - time: How long it may take.
    ///   - look: How long relays have to answer each time.
    /// - Returns: Who leads now.
    /// - Throws: When that is nobody else, with the reason as far as it shows.
    package func handOver(
        _ partition: Int,
        to successor: String?,
        within time: Duration,
        look: Duration
    ) async throws(GroupViewFailure) -> String {
        try await observe(within: .seconds(5)) { observer throws(GroupViewFailure) in
            let view = try await observer.look(for: look)
            let leader = try view.leader(of: partition, beforeLeavingTo: successor)
            await observer.askToLeave(partition, to: successor)
            let end = EventLoop.now + time
            while EventLoop.now < end {
                let leaders = try await observer.look(for: look).partitions[partition].leaders
                if let next = leaders.first, leaders.count == 1, next != leader { return next }
            }
            throw GroupViewFailure(reason: "\(leader) still leads partition \(partition): its log says why")
        }
    }

    private func observe<Result: Sendable>(
        within limit: Duration,
        _ body: (GroupObserver) async throws(GroupViewFailure) -> Result
    ) async throws(GroupViewFailure) -> Result {
        let loop: EventLoop
        do throws(WebSocketError) {
            loop = try EventLoop(name: "cluster", servesSockets: false)
        } catch {
            throw GroupViewFailure(reason: error.description)
        }
        let observer = GroupObserver(on: loop, self)
        let result: Swift.Result<Result, GroupViewFailure>
        do throws(GroupViewFailure) {
            try await observer.connect(within: limit)
            result = .success(try await body(observer))
        } catch {
            result = .failure(error)
        }
        await observer.close()
        await loop.stop()
        return try result.get()
    }
}
#else
extension ClusterConfiguration {
    /// A build without the trait Cluster can look at nothing.
    package func view(waiting time: Duration) async throws(GroupViewFailure) -> GroupView {
        throw GroupViewFailure(reason: "this build can't be one of a group")
    }

    /// Nor can it ask for anything.
    package func handOver(
        _ partition: Int,
        to successor: String?,
        within time: Duration,
        look: Duration
    ) async throws(GroupViewFailure) -> String {
        throw GroupViewFailure(reason: "this build can't be one of a group")
    }
}
#endif
