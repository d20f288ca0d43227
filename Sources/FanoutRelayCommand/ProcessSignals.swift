import Glibc
import Synchronization

/// A signal that the relay acts on.
enum ProcessSignal: Int32, CaseIterable {
    case interruption = 2, termination = 15
    /// Sent by operators, for files that have changed, and by a terminal that goes away.
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
/// A second one of those that end the process does so at once, also after another one.
struct ProcessSignals: AsyncSequence {
    private let signals: AsyncStream<ProcessSignal>
    /// Kept, since the stream would end with it.
    private let sink: AsyncStream<ProcessSignal>.Continuation

    /// Keeps signals from ending the process that nobody sends to end it; to be called before everything else.
    ///
    /// Not by ignoring them, which the commands that are started would inherit.
    static func shield() {
        signalPipe.store(-1, ordering: .relaxed)
        hasEndSignal.store(false, ordering: .relaxed)
        hangUpWasIgnored.store(take(SIGHUP), ordering: .relaxed)
        for signal in [SIGUSR1, SIGUSR2] { take(signal) }
        // The first process of a container has no default effects: it would miss an end until there is a reader.
        if getpid() == 1 { for signal in [SIGTERM, SIGINT] { take(signal) } }
    }

    /// Lets a terminal that goes away end the process, as it does by default.
    static func endAtHangUp() {
        if !hangUpWasIgnored.load(ordering: .relaxed) { _ = signal(SIGHUP, SIG_DFL) }
    }

    /// Takes over SIGTERM, SIGINT and SIGHUP; a reader of the log that goes away, or its file that may grow no more, ends
    /// nothing either.
    ///
    /// Where that can't be done, they keep their effect, and none is ever told of.
    init() {
        let (signals, sink) = AsyncStream.makeStream(of: ProcessSignal.self)
        self.signals = signals
        self.sink = sink
        for signal in [SIGPIPE, SIGXFSZ] { Self.take(signal) }
        var ends: [Int32] = [-1, -1]
        guard unsafe pipe(&ends) == 0 else { return }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        signalPipe.store(ends[1], ordering: .relaxed)
        let box = unsafe Unmanaged.passRetained(SignalReader(from: ends[0], to: sink)).toOpaque()
        var thread = pthread_t()
        guard unsafe pthread_create(&thread, nil, readSignals, box) == 0 else {
            unsafe Unmanaged<SignalReader>.fromOpaque(box).release()
            return
        }
        pthread_detach(thread)
        for signal in ProcessSignal.allCases { Self.take(signal.rawValue) }
    }

    /// Has the handler called for a signal; true if it was ignored before.
    @discardableResult
    private static func take(_ signal: Int32) -> Bool {
        var (action, former) = (sigaction(), sigaction())
        unsafe action.__sigaction_handler.sa_handler = signalArrived
        // So that the second end can have its default effect from within the handler.
        action.sa_flags = Int32(truncatingIfNeeded: SA_RESTART) | Int32(truncatingIfNeeded: SA_NODEFER)
        unsafe sigaction(signal, &action, &former)
        let handler = unsafe unsafeBitCast(former.__sigaction_handler.sa_handler, to: Int.self)
        return handler == 1
    }

    func makeAsyncIterator() -> AsyncStream<ProcessSignal>.Iterator { signals.makeAsyncIterator() }
}

/// Where the handler writes; with the two others the only thing that it may touch.
private let signalPipe = Atomic<Int32>(-1)
/// Whether the process was told to end already.
private let hasEndSignal = Atomic(false)
/// Whether whoever started the process wants it to outlive its terminal.
private let hangUpWasIgnored = Atomic(false)

private func signalArrived(_ number: Int32) {
    // It may come between a system call and the look at why that failed.
    let interrupted = errno
    defer { errno = interrupted }
    let isEnd = number == SIGTERM || number == SIGINT
    if isEnd, hasEndSignal.exchange(true, ordering: .relaxed) {
        _ = signal(number, SIG_DFL)
        raise(number)
        // The first process of a container has no default effects.
        _exit(128 + number)
    }
    let pipe = signalPipe.load(ordering: .relaxed)
    guard pipe >= 0 else {
        if isEnd { _exit(128 + number) }
        return
    }
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
