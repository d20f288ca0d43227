/// What an operator sees of a group who asks it from outside.
package struct GroupView: Codable, Sendable, Equatable {
    /// One partition of the log.
    package struct Partition: Codable, Sendable, Equatable {
        package let number: Int
        /// The relays that say they lead it: one, but for moments and when something is wrong.
        package let leaders: [String]
        /// The newest term that a relay knows of.
        package let term: UInt64
        /// The number of the log's last message, as the servers say.
        package let lastMessage: UInt64
        /// How many messages and bytes the servers keep.
        package let messages: UInt64
        package let bytes: UInt64
        /// The server that leads its stream; nil where there is one server, or none leads.
        package let server: String?
    }

    /// One relay in one partition.
    package struct Place: Codable, Sendable, Equatable {
        package enum Duty: String, Codable, Sendable {
            case leads
            case standsBy = "stands by"
            case follows
        }

        package let partition: Int
        package let duty: Duty
        package let term: UInt64
        /// How many messages of the log it knows of and hasn't read.
        package let lag: UInt64
    }

    package struct Relay: Codable, Sendable, Equatable {
        package let node: String
        /// Whether it may lead.
        package let isCandidate: Bool
        /// Whether it has the same topics as most.
        package let hasSameTopics: Bool
        package let places: [Place]
    }

    package let name: String
    /// The server that was asked.
    package let server: String
    package let partitions: [Partition]
    /// In the order of their names.
    package let relays: [Relay]

    /// The partitions that no relay leads, or several.
    package var unled: [Int] { partitions.filter { $0.leaders.count != 1 }.map(\.number) }
}

extension GroupView {
    /// Who leads a partition now, if a relay can do so after it.
    func leader(of partition: Int, beforeLeavingTo successor: String?) throws(GroupViewFailure) -> String {
        guard partitions.indices.contains(partition) else {
            throw GroupViewFailure(reason: "there is no partition \(partition); there are \(partitions.count)")
        }
        let leaders = partitions[partition].leaders
        guard let leader = leaders.first, leaders.count == 1 else {
            throw GroupViewFailure(reason: "no relay leads partition \(partition)")
        }
        let candidates = relays.filter { $0.isCandidate && $0.node != leader }.map(\.node)
        guard let successor else {
            guard !candidates.isEmpty else { throw GroupViewFailure(reason: "no other relay may lead") }
            return leader
        }
        guard successor != leader else {
            throw GroupViewFailure(reason: "\(leader) leads partition \(partition) already")
        }
        guard candidates.contains(successor) else {
            let names = candidates.isEmpty ? "none" : candidates.joined(separator: ", ")
            throw GroupViewFailure(reason: "no relay \(successor) that may lead; there are: \(names)")
        }
        return leader
    }
}

/// Why a group doesn't show.
package struct GroupViewFailure: Error {
    /// One line.
    package let reason: String
}
