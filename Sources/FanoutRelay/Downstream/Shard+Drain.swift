/// Going away.
extension Shard {
    /// Lets nobody in any more, and sends the clients away with 1001 at random moments within `window`.
    func drain(over window: Duration) {
        isDraining = true
        sweepCollected()
        for client in clients.compactMap(\.self) {
            watch(client, .drain, for: window * Double.random(in: 0...1))
        }
    }

    var clientCount: Int { clients.count { $0 != nil } }
}
