import CEpoll
import Glibc

/// A level-triggered epoll instance whose events carry the index of a client.
@safe struct Poller: ~Copyable {
    /// What to be told about besides errors and hang-ups, which are always told.
    struct Interest: OptionSet {
        let rawValue: UInt32

        static let read = Interest(rawValue: EPOLLIN.rawValue)
        static let write = Interest(rawValue: EPOLLOUT.rawValue)
        /// The peer will send no more, and all it sent has been taken in by the kernel.
        static let peerClosed = Interest(rawValue: EPOLLRDHUP.rawValue)
    }

    /// A client that something happened to.
    struct Event {
        /// The client's index.
        var index: Int
        /// Whether it can be read, or has an error or end to be found by reading.
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

    /// Starts watching a socket; closing it ends that.
    func add(_ socket: Socket, index: Int, interest: Interest) throws(SystemError) {
        try control(EPOLL_CTL_ADD, socket, index, interest)
    }

    /// Changes what a watched socket is watched for.
    func change(_ socket: Socket, index: Int, interest: Interest) throws(SystemError) {
        try control(EPOLL_CTL_MOD, socket, index, interest)
    }

    /// Waits for events, at most so many milliseconds, and returns how many there are; 0 if a signal came first.
    mutating func wait(milliseconds: Int32) throws(SystemError) -> Int {
        let count = unsafe epoll_wait(descriptor, &events, Int32(Self.batch), milliseconds)
        if count >= 0 { return Int(count) }
        let code = errno
        guard code == EINTR else { throw SystemError(call: "epoll_wait", code: code) }
        return 0
    }

    /// One of the events of the last wait.
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
