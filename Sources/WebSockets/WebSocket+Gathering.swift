/// What arrives in pieces counts until it is whole.
extension WebSocket {
    /// A message's fragments take so many bytes.
    func note(assembled bytes: Int) {
        guard bytes > GatheringLedger.freeSize, let ledger = server?.options.gathering else { return }
        let gathering = gathering ?? begin(in: ledger) { $0.giveUpMessage() }
        self.gathering = gathering
        gathering.grow(to: bytes)
    }

    func forgetAssembly() {
        assembly = []
        gathering = nil
    }

    /// A request's body takes so many bytes.
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
            // Another loop may have made it too much.
            loop.execute { [weak self] in
                guard let self else { return }
                unsafe giveUp(self)
            }
        }
    }

    private func giveUpMessage() {
        guard gathering != nil, isOpen else { return }
        forgetAssembly()
        close(1013, "Too much is being sent by all: try again later")
    }
}
