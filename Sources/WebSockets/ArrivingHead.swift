internal import CLibuv
internal import Wire

/// A connection whose first request's head is on its way, or that is told why it isn't served.
///
/// Used on its listener's loop only.
@safe final class ArrivingHead {
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
    private let poll: UnsafeMutablePointer<uv_poll_t>

    /// Nil when the loop can't watch it.
    init?(
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
        unsafe poll = .allocate(capacity: 1)
        guard unsafe uv_poll_init(desk.loop.uv, poll, descriptor) == 0 else {
            unsafe poll.deallocate()
            return nil
        }
        unsafe poll.pointee.data = Unmanaged.passRetained(self).toOpaque()
        unsafe uv_poll_start(poll, Int32(UV_READABLE.rawValue), headArrives)
    }

    /// Watches no longer, once only: the descriptor is its owner's.
    func stopWatching() {
        phase = .closed
        unsafe uv_poll_stop(poll)
        unsafe uv_close(cuv_handle(poll)) { handle in
            guard let handle = unsafe handle, let data = unsafe handle.pointee.data else { return }
            unsafe Unmanaged<ArrivingHead>.fromOpaque(data).release()
            unsafe handle.deallocate()
        }
    }

    fileprivate func becameReadable() {
        switch phase {
        case .arriving: desk.read(self)
        case .lingering: desk.forget(self)
        case .closed: break
        }
    }
}

private func headArrives(_ handle: UnsafeMutablePointer<uv_poll_t>?, _ status: Int32, _ events: Int32) {
    guard let data = unsafe handle?.pointee.data else { return }
    unsafe Unmanaged<ArrivingHead>.fromOpaque(data).takeUnretainedValue().becameReadable()
}
