internal import CLibuv
internal import CLibwebsockets
internal import Glibc

/// Notices that a client leaves while its answer is awaited and nothing is read from it; used on the loop's thread only.
///
/// A client that is gone and one that has only nothing more to say both end their side of the stream, and look alike
/// until something is sent: so an interim answer is, which says "go on" to whoever reads still, and which a connection
/// that nobody has open answers with a reset. HTTP/1.0 knows no interim answers; there the end of the stream counts as
/// leaving.
@safe final class PeerWatch {
    private enum Phase {
        /// The client's side of the stream is open.
        case whole
        /// It has ended, and the client may read on.
        case halfClosed
        case closed
    }

    private let socket: WebSocket
    private let wsi: OpaquePointer
    /// A second descriptor of the connection: libuv wants one for each watcher.
    private let descriptor: Int32
    private let takesInterim: Bool
    private var phase = Phase.whole
    private var watch: SocketWatch?

    /// Starts to watch; nil without a descriptor to do it on.
    init?(_ socket: WebSocket, _ wsi: OpaquePointer, takesInterim: Bool) {
        self.socket = socket
        unsafe self.wsi = unsafe wsi
        self.takesInterim = takesInterim
        descriptor = unsafe fcntl(lws_get_socket_fd(wsi), F_DUPFD_CLOEXEC, 0)
        guard descriptor >= 0 else { return nil }
        let watch = SocketWatch(descriptor, on: socket.loop) { [unowned self] in changed($0) }
        self.watch = watch
        watch.start(.ended)
    }

    deinit { close() }

    /// Stops for good.
    func close() {
        guard let watch else { return }
        self.watch = nil
        phase = .closed
        watch.close()
        Glibc.close(descriptor)
    }

    private func changed(_ readiness: SocketWatch.Readiness) {
        // The socket may let go of it meanwhile.
        withExtendedLifetime(self) {
            if readiness.contains(.stopped) { return close() }
            if phase == .whole, !readiness.contains(.failed), takesInterim, sendInterim() {
                phase = .halfClosed
                // The end of the stream would be told of for ever; what is left to learn is a reset.
                watch?.start(.urgent)
                return
            }
            close()
            socket.handshake?.leave()
            socket.hangUpAfterResponse()
        }
    }

    private func sendInterim() -> Bool {
        let interim: StaticString = "HTTP/1.1 100 Continue\r\n\r\n"
        return unsafe clws_write_raw(wsi, interim.utf8Start, interim.utf8CodeUnitCount) >= 0
    }
}
