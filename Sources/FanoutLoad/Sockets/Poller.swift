import CEpoll
import Glibc

/// A level-triggered epoll instance whose events carry the index of a client.
@safe struct Poller: ~Copyable {
    /// What to watch for; errors and hang-ups are always reported.
    struct Interest: OptionSet {
        let rawValue: UInt32

        static let read = Interest(rawValue: EPOLLIN.rawValue)
        static let write = Interest(rawValue: EPOLLOUT.rawValue)
        /// The peer sends no more, and the kernel has received all that it sent.
        static let peerClosed = Interest(rawValue: EPOLLRDHUP.rawValue)
    }

    /// An event of a client's socket.
    struct Event {
        /// The client's index.
        var index: Int
        /// Whether it can be read, or has an error or end that reading will show.
        var isReadable: Bool
        /// Whether it can be written, or its connect has ended.
        var isWritable: Bool
    }

    private static let batch = 1024

    private let descriptor: Int32
    private var events = unsafe [epoll_event](repeating: epoll_event(), count: batch)

    init() throws(SystemError) {
        descriptor = epoll_create1(Int32(EPOLL_CLOEXEC))
        guard descriptor >= 0 else { throw SystemError(call: "epoll_create1", code: errno) }
    }

    deinit {
        _ = close(descriptor)
    }

    /// Starts to watch a socket, until it is closed.
    func add(_ socket: Socket, index: Int, interest: Interest) throws(SystemError) {
        try control(EPOLL_CTL_ADD, socket, index, interest)
    }

    /// Changes what a socket is watched for.
    func change(_ socket: Socket, index: Int, interest: Interest) throws(SystemError) {
        try control(EPOLL_CTL_MOD, socket, index, interest)
    }

    /// Waits for events for this time at most, and returns their number; 0 if a signal came first.
    mutating func wait(milliseconds: Int32) throws(SystemError) -> Int {
        let count = unsafe epoll_wait(descriptor, &events, Int32(Self.batch), milliseconds)
        if count >= 0 { return Int(count) }
        let code = errno
        guard code == EINTR else { throw SystemError(call: "epoll_wait", code: code) }
        return 0
    }

    /// An event of the last wait.
    subscript(_ position: Int) -> Event {
        precondition(position < Self.batch)
        let (flags, index) = unsafe events.withUnsafeBufferPointer { events in
            let event = unsafe events.baseAddress.unsafelyUnwrapped + position
            return unsafe (cepoll_flags(event), cepoll_index(event))
        }
        let failed = flags & (EPOLLERR.rawValue | EPOLLHUP.rawValue) != 0
        return Event(
            index: Int(index),
            isReadable: failed || flags & (EPOLLIN.rawValue | EPOLLRDHUP.rawValue) != 0,
            isWritable: failed || flags & EPOLLOUT.rawValue != 0
        )
    }

    private func control(_ call: Int32, _ socket: Socket, _ index: Int, _ interest: Interest) throws(SystemError) {
        var event = unsafe cepoll_event(interest.rawValue, UInt32(index))
        guard unsafe epoll_ctl(descriptor, call, socket.descriptor, &event) == 0 else {
            throw SystemError(call: "epoll_ctl", code: errno)
        }
    }
}
