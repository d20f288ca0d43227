internal import Wire

/// A connection whose first request's head is on its way, or that is told why it isn't served.
///
/// Used on its listener's loop only.
final class ArrivingHead {
    enum Phase {
        /// It is read.
        case arriving
        /// It was answered; what comes is read and forgotten, so that the client gets to read why.
        case lingering
        case closed
    }

    let descriptor: Int32
    let peer: String
    let network: ClientNetwork
    var phase = Phase.arriving
    /// Where it stands in the line of its phase.
    var place = 0
    var parser: RequestHeadParser
    /// What has come of an incomplete head.
    var bytes: [UInt8]
    /// What was read and forgotten.
    var forgotten = 0
    private unowned let desk: HeadDesk
    private var watch: SocketWatch?

    init(
        _ socket: AcceptedSocket,
        _ network: ClientNetwork,
        at desk: HeadDesk,
        parser: RequestHeadParser = RequestHeadParser(),
        bytes: [UInt8] = []
    ) {
        descriptor = socket.descriptor
        peer = socket.peer
        self.network = network
        self.desk = desk
        self.parser = parser
        self.bytes = bytes
        // They hold each other until it is watched no longer.
        let watch = SocketWatch(descriptor, on: desk.loop) { [self] in changed($0) }
        self.watch = watch
        watch.start(.reading)
    }

    /// Watches no longer, once only: the descriptor is its owner's.
    func stopWatching() {
        phase = .closed
        watch?.close()
        watch = nil
    }

    private func changed(_ readiness: SocketWatch.Readiness) {
        guard phase != .closed else { return }
        // Who was reset has nothing more to say, and nobody watches any more.
        if !readiness.isDisjoint(with: [.failed, .stopped]) { return desk.drop(self) }
        if phase == .arriving { desk.read(self) } else { desk.forget(self) }
    }
}
