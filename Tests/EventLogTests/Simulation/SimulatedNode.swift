@testable import EventLog

/// A relay of the simulated group: its machine, what it gets from the server, and a client that judges what it tells.
final class SimulatedNode {
    /// What a node gets of a topic by an operation of its own.
    struct Feed {
        /// Tells the events of this operation from those of former ones.
        var operation = 0
        var buffer: [[UInt8]] = []
        /// Until when the log's newest events are looked for in the buffer; nil when they aren't.
        var searches: Int?
        /// Whether events are appended as they come.
        var isFlowing = false
    }

    let name: String
    var incarnation: UInt64 = 0
    var member: LogMember
    var judge = EdgeJudge()
    var isAlive = true
    var pausedUntil = 0
    var cutUntil = 0
    /// What came while the node was paused.
    var inbox: [() -> Void] = []
    /// When the next tick is entered.
    var timer: Int?
    var feeds: [TopicHash: Feed] = [:]
    /// Judges of what former processes told.
    var formerJudges: [EdgeJudge] = []
    /// When the newest event of a feed arrives: they don't overtake each other.
    var lastArrival = 0

    init(name: String, member: LogMember) {
        self.name = name
        self.member = member
    }
}

/// What a simulation has met, for a look at whether it met enough.
struct SimulationTally: CustomStringConvertible {
    var runs = 0
    var events = 0
    var takeovers = 0
    var handOvers = 0
    var lostMessages = 0
    var repeatedMessages = 0
    var slowMessages = 0
    var pauses = 0
    var cuts = 0
    var crashes = 0
    var outages = 0
    var rewinds = 0
    var refusals = 0
    var staleReads = 0
    var doubts: UInt64 = 0
    var conflicts: UInt64 = 0
    var lostBids: UInt64 = 0
    var holes: UInt64 = 0
    var gone: UInt64 = 0
    var dropped: UInt64 = 0
    var parts: UInt64 = 0
    var gaps = 0
    var needlessGaps = 0
    var aligned = 0
    var unaligned = 0
    var demotions: [LogWriter.Demotion: UInt64] = [:]

    mutating func add(_ other: SimulationTally) {
        for path in [
            \Self.runs, \.events, \.takeovers, \.handOvers, \.lostMessages, \.repeatedMessages, \.slowMessages,
            \.pauses,
            \.cuts, \.crashes, \.outages, \.refusals, \.staleReads, \.gaps, \.needlessGaps, \.aligned, \.unaligned,
            \.rewinds,
        ] { self[keyPath: path] += other[keyPath: path] }
        for path in [\Self.doubts, \.conflicts, \.lostBids, \.holes, \.gone, \.dropped, \.parts] {
            self[keyPath: path] += other[keyPath: path]
        }
        demotions.merge(other.demotions, uniquingKeysWith: +)
    }

    /// Its numbers, in words.
    var description: String {
        let reasons = demotions.sorted { $0.value > $1.value }.map { "\($0.value) by \($0.key)" }.joined(
            separator: ", "
        )
        return """
            \(runs) runs with \(events) events; \(lostMessages) messages lost, \(repeatedMessages) repeated, \
            \(slowMessages) slow, \(refusals) refused without a reason, \(staleReads) reads of a replica behind, \
            \(pauses) pauses, \(cuts) cuts, \(crashes) kills, \(outages) outages of the log, \(rewinds) rewinds told; \
            \(takeovers) takeovers, \(handOvers) hand-overs, \(lostBids) bids lost, demoted \(reasons); \(doubts) doubts, \
            \(conflicts) conflicts, \(holes) holes, \(gone) messages gone, \(parts) parts dropped, \(dropped) events \
            dropped; \(gaps) gaps told, \(needlessGaps) of them needless, \(aligned) aligned, \(unaligned) not
            """
    }

    mutating func add(_ member: LogMember) {
        doubts += member.writer.counts.doubts
        conflicts += member.writer.counts.conflicts
        lostBids += member.writer.counts.lost
        dropped += member.writer.counts.dropped
        holes += member.reader.counts.holes
        gone += member.reader.counts.gone
        parts += member.state.droppedParts
        demotions.merge(member.writer.counts.demotions, uniquingKeysWith: +)
    }
}
