internal import Synchronization

/// The bytes of messages and bodies that clients have begun to send and not finished, of all loops together.
///
/// When it is too much, the largest is given up: many small ones are worth more than it. Every thread may use it.
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

    /// What is gathered up to this size isn't looked at, since most messages are small.
    static let freeSize = 1024

    private let limit: Int
    private let state = Mutex(State())

    /// Makes a ledger for so many bytes.
    package init(limit: Int) { self.limit = limit }

    /// How many bytes are gathered.
    package var bytes: Int { state.withLock { $0.bytes } }

    /// How many messages and bodies were given up.
    package var givenUp: Int { state.withLock { $0.givenUp } }

    /// One message or body; it counts until it is let go of.
    package final class Gathering: Sendable {
        private let ledger: GatheringLedger
        private let key: UInt64

        fileprivate init(_ key: UInt64, in ledger: GatheringLedger) {
            self.key = key
            self.ledger = ledger
        }

        deinit { ledger.end(key) }

        /// It takes so many bytes now.
        package func grow(to bytes: Int) { ledger.grow(key, to: bytes) }
    }

    /// Begins to count a message or body.
    ///
    /// - Parameter giveUp: Runs once, on the thread of whoever makes it too much, when this one is the largest.
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
