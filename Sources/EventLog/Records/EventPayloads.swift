/// Payloads of one topic, one after the other as `PayloadBatch` holds them, so that neither copies the other's.
package struct EventPayloads: Hashable, Sendable {
    /// The payloads without anything between them.
    package private(set) var bytes: [UInt8] = []
    /// Where each payload ends in `bytes`.
    package private(set) var ends: [Int] = []

    package init() {}

    /// Payloads that stand one after the other; nil when the ends don't rise, or the last isn't the end of the bytes.
    package init?(bytes: [UInt8], ends: [Int]) {
        var last = 0
        for end in ends {
            guard end > last else { return nil }
            last = end
        }
        guard last == bytes.count else { return nil }
        self.bytes = bytes
        self.ends = ends
    }

    /// The only payload, which isn't empty.
    package init(_ payload: some Collection<UInt8>) { append(payload) }

    package var count: Int { ends.count }
    package var isEmpty: Bool { ends.isEmpty }

    /// The payload at a place from 0 up to, not including, `count`.
    package subscript(place: Int) -> ArraySlice<UInt8> { bytes[start(of: place)..<ends[place]] }

    private func start(of place: Int) -> Int { place == 0 ? 0 : ends[place - 1] }

    /// Appends a payload; an empty one isn't any.
    package mutating func append(_ payload: some Collection<UInt8>) {
        guard !payload.isEmpty else { return }
        bytes.append(contentsOf: payload)
        ends.append(bytes.count)
    }

    package mutating func append(_ payloads: EventPayloads) {
        let offset = bytes.count
        bytes.append(contentsOf: payloads.bytes)
        ends.append(contentsOf: payloads.ends.lazy.map { $0 + offset })
    }

    /// The first payloads, at most `count`.
    package func prefix(_ count: Int) -> EventPayloads {
        guard count < self.count else { return self }
        var part = EventPayloads()
        part.ends = Array(ends[..<count])
        part.bytes = Array(bytes[..<(part.ends.last ?? 0)])
        return part
    }

    /// What follows the first `count` payloads.
    package func suffix(after count: Int) -> EventPayloads {
        guard count > 0 else { return self }
        guard count < self.count else { return EventPayloads() }
        let offset = start(of: count)
        var part = EventPayloads()
        part.ends = ends[count...].map { $0 - offset }
        part.bytes = Array(bytes[offset...])
        return part
    }
}
