/// Where a standby's own feed of a topic goes on from the log.
///
/// Two operations on one server bring the same payloads. So who takes a topic over looks for the log's newest payloads
/// in what it got itself, byte for byte, and appends what follows.
package enum Alignment: Equatable, Sendable {
    /// There is one such place; the payload at this index of the feed is the first that the log lacks.
    case found(Int)
    /// There is no such place, or not yet: the feed may be behind.
    case nowhere
    /// There are several: nobody can say which events the log lacks.
    case ambiguous

    /// Looks for all payloads of the log's tail, one after the other, in time linear in the number of payloads.
    ///
    /// - Parameters:
    ///   - tail: The log's newest payloads, oldest first: `TopicState.tailToAlign`. An empty one is everywhere.
    ///   - feed: The payloads of the standby's own operation, oldest first.
    package init(of tail: [ArraySlice<UInt8>], in feed: some Sequence<ArraySlice<UInt8>>) {
        guard !tail.isEmpty else {
            self = .ambiguous
            return
        }
        // The algorithm of Knuth, Morris and Pratt.
        let borders = Self.borders(of: tail)
        var (matched, found, index) = (0, Alignment.nowhere, 0)
        for payload in feed {
            while matched > 0, tail[matched] != payload { matched = borders[matched - 1] }
            if tail[matched] == payload { matched += 1 }
            index += 1
            guard matched == tail.count else { continue }
            guard found == .nowhere else {
                self = .ambiguous
                return
            }
            found = .found(index)
            matched = borders[matched - 1]
        }
        self = found
    }

    /// For each beginning of the tail how much of it is both its beginning and its end.
    private static func borders(of tail: [ArraySlice<UInt8>]) -> [Int] {
        var borders = Array(repeating: 0, count: tail.count)
        var length = 0
        for index in tail.indices.dropFirst() {
            while length > 0, tail[length] != tail[index] { length = borders[length - 1] }
            if tail[length] == tail[index] { length += 1 }
            borders[index] = length
        }
        return borders
    }
}
