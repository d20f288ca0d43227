/// Counting messages and bodies that arrive in pieces, until they are complete.
extension WebSocket {
    /// Counts the bytes of a message that have arrived.
    func note(_ message: ArrivingMessage) {
        let bytes = message.bytes.capacity
        guard bytes > GatheringLedger.freeSize, let ledger = server?.options.gathering else { return }
        let gathering =
            message.gathering
            ?? begin(in: ledger) { [weak message] in
                if let message { $0.giveUp(message) }
            }
        message.gathering = gathering
        gathering.grow(to: bytes)
    }

    /// Counts the bytes of a request's body that have arrived.
    func note(_ body: ArrivingBody) {
        let bytes = body.bytes.capacity
        guard bytes > GatheringLedger.freeSize, let ledger = server?.options.gathering else { return }
        let gathering = body.gathering ?? begin(in: ledger) { [weak body] in if let body { $0.giveUp(body) } }
        body.gathering = gathering
        gathering.grow(to: bytes)
    }

    private func begin(
        in ledger: GatheringLedger,
        _ giveUp: @escaping (WebSocket) -> Void
    ) -> GatheringLedger.Gathering {
        nonisolated(unsafe) let giveUp = giveUp
        return ledger.begin { [weak self, loop] in
            // This may run on another loop, where the limit was exceeded.
            loop.execute { [weak self] in
                guard let self else { return }
                unsafe giveUp(self)
            }
        }
    }

    private func giveUp(_ message: ArrivingMessage) {
        guard arriving === message, isOpen else { return }
        arriving = nil
        close(1013, "Too much is being sent by all: try again later")
    }
}
