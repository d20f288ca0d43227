internal import Synchronization
internal import WebSockets

/// A question to every thread that serves, which each answers as soon as it comes to it.
public final class LivenessProbe: Sendable {
    private let missing: Atomic<Int>

    /// True once every thread has answered.
    public var isAnswered: Bool { missing.load(ordering: .acquiring) == 0 }

    init(_ loops: [EventLoop]) {
        missing = Atomic(loops.count)
        for loop in loops { loop.execute { [self] in missing.subtract(1, ordering: .releasing) } }
    }
}

extension Relay {
    /// Asks every thread that serves for a sign of life.
    ///
    /// One that hangs, or is far behind, doesn't answer. After the drain there are none left to ask, and the probe is
    /// answered at once.
    public func probe() -> LivenessProbe { LivenessProbe(loops) }
}
