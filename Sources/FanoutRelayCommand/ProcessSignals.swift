import Glibc
import Synchronization

/// A signal that the relay acts on.
enum ProcessSignal: Int32 {
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
/// A second one that ends the process does so at once.
struct ProcessSignals: AsyncSequence {
    private let signals: AsyncStream<ProcessSignal>
    /// Kept, since the stream would end with it.
    private let sink: AsyncStream<ProcessSignal>.Continuation

    /// Takes over SIGTERM and SIGINT, and SIGHUP where it means something other than the end.
    ///
    /// Where that can't be done, they keep their default effect, and none is ever told of.
    init(hangUp: Bool = false) {
        let (signals, sink) = AsyncStream.makeStream(of: ProcessSignal.self)
        self.signals = signals
        self.sink = sink
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
        // Once: the next one has its default effect.
        for signal in [ProcessSignal.termination, .interruption] { Self.take(signal, SA_RESETHAND) }
        if hangUp { Self.take(.hangUp, 0) }
    }

    private static func take<Flag: BinaryInteger>(_ signal: ProcessSignal, _ flag: Flag) {
        var action = sigaction()
        unsafe action.__sigaction_handler.sa_handler = signalArrived
        action.sa_flags = Int32(truncatingIfNeeded: flag) | SA_RESTART
        unsafe sigaction(signal.rawValue, &action, nil)
    }

    func makeAsyncIterator() -> AsyncStream<ProcessSignal>.Iterator { signals.makeAsyncIterator() }
}

/// Where the handler writes; the only thing that it may touch.
private let signalPipe = Atomic<Int32>(-1)

private func signalArrived(_ number: Int32) {
    // It may come between a system call and the look at why that failed.
    let interrupted = errno
    defer { errno = interrupted }
    var byte = UInt8(truncatingIfNeeded: number)
    unsafe _ = write(signalPipe.load(ordering: .relaxed), &byte, 1)
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
        while unsafe read(descriptor, &byte, 1) == 1 {
            if let signal = ProcessSignal(rawValue: Int32(byte)) { sink.yield(signal) }
        }
    }
}

private func readSignals(_ argument: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    guard let argument = unsafe argument else { return nil }
    unsafe Unmanaged<SignalReader>.fromOpaque(argument).takeRetainedValue().run()
    return nil
}
