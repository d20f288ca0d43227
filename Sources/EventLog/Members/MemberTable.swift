/// The relays of a group that were heard lately: soft state, from which everybody draws about the same conclusions.
///
/// Nothing depends on it but who tries first to lead, and who is asked to lead next.
package struct MemberTable {
    package struct Member: Equatable, Sendable {
        package let incarnation: UInt64
        package let terms: MemberTerms
        fileprivate let heard: Duration
    }

    /// The most that are kept; further ones aren't known.
    private static let largestCount = 1 << 16

    /// For how long a relay counts after it was heard.
    private let memory: Duration
    package private(set) var members: [String: Member] = [:]

    /// - Parameter lease: How long a leader may be silent; relays tell that they live every half of it.
    package init(lease: Duration) { memory = lease * 3 }

    /// Notes that a relay lives.
    ///
    /// - Returns: Whether it wasn't known before.
    package mutating func heard(_ node: String, _ incarnation: UInt64, _ terms: MemberTerms, at now: Duration) -> Bool {
        guard members[node] != nil || members.count < Self.largestCount else { return false }
        let former = members.updateValue(Member(incarnation: incarnation, terms: terms, heard: now), forKey: node)
        return former == nil
    }

    /// Notes that a relay won't be there any more.
    package mutating func left(_ node: String, _ incarnation: UInt64) {
        if members[node]?.incarnation == incarnation { members[node] = nil }
    }

    /// Forgets relays that weren't heard for long.
    package mutating func forget(at now: Duration) { members = members.filter { now - $0.value.heard <= memory } }

    /// The relays that may lead a partition, the one that should first; without one that leads it or has led it.
    package func candidates(for partition: Int, besides leader: String?) -> [String] {
        let nodes = members.filter { $0.value.terms.isCandidate && $0.key != leader }.keys
        return Rendezvous.ranking(of: partition, among: nodes)
    }
}
