import Glibc
import Synchronization

/// A signal that the relay acts on.
enum ProcessSignal: Int32, CaseIterable {
    case interruption = 2, termination = 15
    /// Sent by operators when files have changed, and by a terminal that closes.
    case hangUp = 1

    /// Its name in logs.
    var name: String {
        switch self {
        case .interruption: "SIGINT"
        case .termination: "SIGTERM"
        case .hangUp: "SIGHUP"
        }
    }
}

/// The process's signals as a stream, for one reader.
///
/// The second signal that ends the process, the same or another one, does so at once.
struct ProcessSignals: AsyncSequence {
    private let signals: AsyncStream<ProcessSignal>
    /// Kept, because the stream ends when it is released.
    private let sink: AsyncStream<ProcessSignal>.Continuation

    /// Keeps SIGHUP, SIGUSR1 and SIGUSR2 from ending the process; call it before anything else.
    ///
    /// They aren't ignored, because commands that the process starts would inherit that. A SIGHUP that comes before
    /// `init` is yielded after it.
    static func shield() {
        signalPipe.store(-1, ordering: .relaxed)
        hasEarlyHangUp.store(false, ordering: .relaxed)
        hasEndSignal.store(false, ordering: .relaxed)
        hangUpWasIgnored.store(take(SIGHUP), ordering: .relaxed)
        for signal in [SIGUSR1, SIGUSR2] { take(signal) }
        // In the first process of a container these signals have no default effect, so that one before `init` would be
        // lost.
        if getpid() == 1 { for signal in [SIGTERM, SIGINT] { take(signal) } }
    }

    /// Lets a terminal that closes end the process, which is the default.
    static func endAtHangUp() {
        if !hangUpWasIgnored.load(ordering: .relaxed) { _ = signal(SIGHUP, SIG_DFL) }
    }

    /// Takes over SIGTERM, SIGINT and SIGHUP.
    ///
    /// SIGPIPE and SIGXFSZ, from a reader of the log that goes away or a file that may not grow, don't end the process
    /// either. If the signals can't be taken over, they keep their effect, and the stream yields none.
    init() {
        let (signals, sink) = AsyncStream.makeStream(of: ProcessSignal.self)
        self.signals = signals
        self.sink = sink
        for signal in [SIGPIPE, SIGXFSZ] { Self.take(signal) }
        var ends: [Int32] = [-1, -1]
        guard unsafe pipe(&ends) == 0 else { return }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        signalPipe.store(ends[1], ordering: .sequentiallyConsistent)
        passEarlyHangUp(to: ends[1])
        let box = unsafe Unmanaged.passRetained(SignalReader(from: ends[0], to: sink)).toOpaque()
        var thread = pthread_t()
        guard unsafe pthread_create(&thread, nil, readSignals, box) == 0 else {
            unsafe Unmanaged<SignalReader>.fromOpaque(box).release()
            return
        }
        pthread_detach(thread)
        for signal in ProcessSignal.allCases { Self.take(signal.rawValue) }
    }

    /// Installs the handler for a signal; true if the signal was ignored before.
    @discardableResult
    private static func take(_ signal: Int32) -> Bool {
        var (action, former) = (sigaction(), sigaction())
        unsafe action.__sigaction_handler.sa_handler = signalArrived
        // SA_NODEFER lets the second end take its default effect from within the handler.
        action.sa_flags = Int32(truncatingIfNeeded: SA_RESTART) | Int32(truncatingIfNeeded: SA_NODEFER)
        unsafe sigaction(signal, &action, &former)
        let handler = unsafe unsafeBitCast(former.__sigaction_handler.sa_handler, to: Int.self)
        return handler == 1
    }

    func makeAsyncIterator() -> AsyncStream<ProcessSignal>.Iterator { signals.makeAsyncIterator() }
}

/// The pipe that the handler writes to; the handler may use only this and the three variables below.
private let signalPipe = Atomic<Int32>(-1)
/// Whether SIGHUP came while there was no pipe.
private let hasEarlyHangUp = Atomic(false)
/// Whether a signal to end has come before.
private let hasEndSignal = Atomic(false)
/// Whether the process was started to outlive its terminal (as by nohup).
private let hangUpWasIgnored = Atomic(false)

private func signalArrived(_ number: Int32) {
    // The handler may run between a failed system call and the code that reads errno.
    let interrupted = errno
    defer { errno = interrupted }
    let isEnd = number == SIGTERM || number == SIGINT
    if isEnd, hasEndSignal.exchange(true, ordering: .relaxed) {
        _ = signal(number, SIG_DFL)
        raise(number)
        // In the first process of a container the default effect is missing.
        _exit(128 + number)
    }
    let pipe = signalPipe.load(ordering: .sequentiallyConsistent)
    guard pipe >= 0 else {
        if isEnd { _exit(128 + number) }
        if number == SIGHUP { keepHangUp() }
        return
    }
    pass(number, to: pipe)
}

/// Keeps a SIGHUP until there is a pipe.
private func keepHangUp() {
    hasEarlyHangUp.store(true, ordering: .sequentiallyConsistent)
    // The pipe may have been made meanwhile, by another thread that saw nothing to pass on.
    let pipe = signalPipe.load(ordering: .sequentiallyConsistent)
    if pipe >= 0 { passEarlyHangUp(to: pipe) }
}

private func passEarlyHangUp(to pipe: Int32) {
    if hasEarlyHangUp.exchange(false, ordering: .sequentiallyConsistent) { pass(SIGHUP, to: pipe) }
}

private func pass(_ number: Int32, to pipe: Int32) {
    var byte = UInt8(truncatingIfNeeded: number)
    unsafe _ = write(pipe, &byte, 1)
}

private final class SignalReader: Sendable {
    private let descriptor: Int32
    private let sink: AsyncStream<ProcessSignal>.Continuation

    init(from descriptor: Int32, to sink: AsyncStream<ProcessSignal>.Continuation) {
        self.descriptor = descriptor
        self.sink = sink
    }

    func run() {
        var byte: UInt8 = 0
        while true {
            let count = unsafe read(descriptor, &byte, 1)
            if count < 0, errno == EINTR { continue }
            guard count == 1 else { return }
            if let signal = ProcessSignal(rawValue: Int32(byte)) { sink.yield(signal) }
        }
    }
}

private func readSignals(_ argument: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    guard let argument = unsafe argument else { return nil }
    unsafe Unmanaged<SignalReader>.fromOpaque(argument).takeRetainedValue().run()
    return nil
}
