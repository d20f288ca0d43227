internal import Synchronization

/// Counts the bytes of unfinished messages and bodies of clients, on all loops together.
///
/// Over the limit the largest one is given up, since many small ones are worth more. Any thread may use it.
package final class GatheringLedger: Sendable {
    private struct Entry {
        var bytes = 0
        let giveUp: @Sendable () -> Void
    }

    private struct State {
        var entries: [UInt64: Entry] = [:]
        var bytes = 0
        var lastKey: UInt64 = 0
        var givenUp = 0
    }

    /// Messages up to this size aren't counted, since most are small.
    static let freeSize = 1024

    private let limit: Int
    private let state = Mutex(State())

    /// Makes a ledger with a limit in bytes.
    package init(limit: Int) { self.limit = limit }

    /// How many bytes are gathered.
    package var bytes: Int { state.withLock { $0.bytes } }

    /// How many messages and bodies were given up.
    package var givenUp: Int { state.withLock { $0.givenUp } }

    /// One message or body, which counts until this is released.
    package final class Gathering: Sendable {
        private let ledger: GatheringLedger
        private let key: UInt64

        fileprivate init(_ key: UInt64, in ledger: GatheringLedger) {
            self.key = key
            self.ledger = ledger
        }

        deinit { ledger.end(key) }

        /// Notes the size that it has now.
        package func grow(to bytes: Int) { ledger.grow(key, to: bytes) }
    }

    /// Begins to count a message or body.
    ///
    /// - Parameter giveUp: Runs once if this one is the largest while the limit is exceeded, on the thread that
    ///   exceeded it.
    package func begin(giveUp: @escaping @Sendable () -> Void) -> Gathering {
        let key = state.withLock { state in
            state.lastKey += 1
            state.entries[state.lastKey] = Entry(giveUp: giveUp)
            return state.lastKey
        }
        return Gathering(key, in: self)
    }

    private func grow(_ key: UInt64, to bytes: Int) {
        let largest = state.withLock { state -> [Entry] in
            guard let entry = state.entries[key] else { return [] }
            state.bytes += bytes - entry.bytes
            state.entries[key]?.bytes = bytes
            var largest: [Entry] = []
            while state.bytes > limit, let next = state.entries.max(by: { $0.value.bytes < $1.value.bytes }) {
                state.bytes -= next.value.bytes
                state.entries[next.key] = nil
                state.givenUp += 1
                largest.append(next.value)
            }
            return largest
        }
        for entry in largest { entry.giveUp() }
    }

    private func end(_ key: UInt64) {
        state.withLock { state in
            guard let entry = state.entries.removeValue(forKey: key) else { return }
            state.bytes -= entry.bytes
        }
    }
}
