import Glibc
import Synchronization

/// SIGTERM and SIGINT as a stream; a second signal ends the process at once.
struct TerminationSignals {
    private let signals: AsyncStream<String>

    /// Takes over both signals.
    init() {
        let (signals, sink) = AsyncStream.makeStream(of: String.self)
        self.signals = signals
        var ends: [Int32] = [-1, -1]
        guard unsafe pipe(&ends) == 0 else { return }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        signalPipe.store(ends[1], ordering: .relaxed)
        let box = unsafe Unmanaged.passRetained(SignalReader(from: ends[0], to: sink)).toOpaque()
        var thread = pthread_t()
        unsafe pthread_create(&thread, nil, readSignals, box)
        pthread_detach(thread)
        for number in [SIGTERM, SIGINT] {
            var action = sigaction()
            unsafe action.__sigaction_handler.sa_handler = signalArrived
            // Once: the next one has its default effect.
            action.sa_flags = Int32(bitPattern: UInt32(SA_RESETHAND)) | SA_RESTART
            unsafe sigaction(number, &action, nil)
        }
    }

    /// The name of the first that comes.
    func first() async -> String {
        for await signal in signals { return signal }
        return "none"
    }
}

/// Where the handler writes; the only thing that it may touch.
private let signalPipe = Atomic<Int32>(-1)

private func signalArrived(_ number: Int32) {
    var byte = UInt8(truncatingIfNeeded: number)
    unsafe _ = write(signalPipe.load(ordering: .relaxed), &byte, 1)
}

private final class SignalReader: Sendable {
    private let descriptor: Int32
    private let sink: AsyncStream<String>.Continuation

    init(from descriptor: Int32, to sink: AsyncStream<String>.Continuation) {
        self.descriptor = descriptor
        self.sink = sink
    }

    func run() {
        var byte: UInt8 = 0
        while unsafe read(descriptor, &byte, 1) == 1 { sink.yield(Int32(byte) == SIGTERM ? "SIGTERM" : "SIGINT") }
    }
}

private func readSignals(_ argument: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    guard let argument = unsafe argument else { return nil }
    unsafe Unmanaged<SignalReader>.fromOpaque(argument).takeRetainedValue().run()
    return nil
}
