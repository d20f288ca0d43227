import CEpoll
import Glibc

/// The processors that the calling thread, and the threads and processes it starts, may run on.
struct Affinity {
    private var mask = InlineArray<16, UInt64>(repeating: 0)

    /// The affinity of the calling thread; nil if the kernel doesn't say.
    static func current() -> Affinity? {
        var affinity = Affinity()
        var words = [UInt64](repeating: 0, count: 16)
        guard unsafe cepoll_get_affinity(&words) > 0 else { return nil }
        for index in 0..<16 { affinity.mask[index] = words[index] }
        return affinity
    }

    private init() {}

    /// One processor, 0 to 1023.
    init(processor: Int) {
        mask[processor / 64 % 16] = 1 << UInt64(processor % 64)
    }

    /// Whether it has this processor.
    func contains(_ processor: Int) -> Bool {
        mask[processor / 64 % 16] & 1 << UInt64(processor % 64) != 0
    }

    /// Restricts the calling thread to these processors.
    func apply() throws(SystemError) {
        let words = (0..<16).map { mask[$0] }
        guard unsafe cepoll_set_affinity(words) == 0 else { throw SystemError(call: "sched_setaffinity", code: errno) }
    }
}
