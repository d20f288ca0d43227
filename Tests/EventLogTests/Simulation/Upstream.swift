@testable import EventLog

/// A server whose events are numbered, so that who reads them in the end knows what is missing.
struct Upstream {
    let topics: [TopicHash]
    /// The number of each topic's newest event.
    private(set) var newest: [TopicHash: Int] = [:]

    init(topics count: Int) { topics = (0..<count).map { TopicHash(high: 7, low: UInt64($0)) } }

    mutating func emit(_ topic: TopicHash, isLarge: Bool) -> [UInt8] {
        let number = (newest[topic] ?? 0) + 1
        newest[topic] = number
        return Array("\(number)".utf8) + Array(repeating: UInt8(ascii: " "), count: isLarge ? 10_000 : 10)
    }

    /// The number of an event.
    static func number(_ payload: ArraySlice<UInt8>) -> Int {
        payload.prefix { $0 != UInt8(ascii: " ") }.reduce(0) { $0 * 10 + Int($1 - UInt8(ascii: "0")) }
    }
}
