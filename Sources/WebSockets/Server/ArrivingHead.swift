internal import Wire

/// A connection whose first request head is arriving, or that is being refused.
///
/// Used on its listener's loop only.
final class ArrivingHead {
    enum Phase {
        /// Its head is being read.
        case arriving
        /// It was answered; further bytes are read and discarded, so that the client can read the answer.
        case lingering
        case closed
    }

    /// The connection; whom it belongs to may be told by its head.
    var socket: AcceptedSocket
    var descriptor: Int32 { socket.descriptor }
    var phase = Phase.arriving
    /// Its place in the waiting line of its phase.
    var place = 0
    var parser: RequestHeadParser
    /// The bytes of its incomplete head.
    var bytes: [UInt8]
    /// How many bytes were discarded.
    var forgotten = 0
    private unowned let desk: HeadDesk
    private var watch: SocketWatch?

    init(
        _ socket: AcceptedSocket,
        at desk: HeadDesk,
        parser: RequestHeadParser = RequestHeadParser(),
        bytes: [UInt8] = []
    ) {
        self.socket = socket
        self.desk = desk
        self.parser = parser
        self.bytes = bytes
        // The watch and this object refer to each other until `stopWatching`.
        let watch = SocketWatch(socket.descriptor, on: desk.loop) { [self] in changed($0) }
        self.watch = watch
        watch.start(.reading)
    }

    /// Ends the watch, once; the descriptor stays with its owner.
    func stopWatching() {
        phase = .closed
        watch?.close()
        watch = nil
    }

    private func changed(_ readiness: SocketWatch.Readiness) {
        guard phase != .closed else { return }
        // A connection that was reset has nothing more to send, and a stopped loop can't watch it.
        if !readiness.isDisjoint(with: [.failed, .stopped]) { return desk.drop(self) }
        if phase == .arriving { desk.read(self) } else { desk.forget(self) }
    }
}
