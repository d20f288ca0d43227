import CommandSupport
import FanoutRelay

/// A group as lines for people.
struct GroupText {
    let lines: [String]

    init(_ view: GroupView) {
        let partitions = TopTable(
            titles: ["PARTITION", "LEADER", "TERM", "LAST MESSAGE", "MESSAGES KEPT", "BYTES", "SERVER"],
            rows: view.partitions.map { partition in
                [
                    "\(partition.number)",
                    partition.leaders.isEmpty ? "nobody" : Self.plain(partition.leaders.joined(separator: ", ")),
                    "\(partition.term)", "\(partition.lastMessage)", "\(partition.messages)",
                    NumberText.bytes(Double(partition.bytes)), Self.plain(partition.server ?? view.server),
                ]
            }
        )
        let relays = TopTable(
            titles: ["RELAY", "MAY LEAD", "PARTITION", "DUTY", "TERM", "LAG"],
            rows: view.relays.flatMap { relay in
                relay.places.enumerated().map { index, place in
                    [
                        index == 0 ? Self.plain(relay.node) : "",
                        index == 0 ? relay.isCandidate ? "yes" : "no" : "",
                        "\(place.partition)", place.duty.rawValue, "\(place.term)", "\(place.lag)",
                    ]
                }
            }
        )
        var lines = ["group \(view.name), \(Self.count(view.relays.count, "relay")), asked at \(view.server)", ""]
        lines += partitions.lines(within: nil)
        lines += [""] + (view.relays.isEmpty ? ["no relay has answered"] : relays.lines(within: nil))
        let others = view.relays.filter { !$0.hasSameTopics }.map { Self.plain($0.node) }
        if !others.isEmpty { lines += ["", "with other topics than most: \(others.joined(separator: ", "))"] }
        self.lines = lines
    }

    private static func plain(_ text: String) -> String { TopText.plain(text) }

    private static func count(_ number: Int, _ noun: String) -> String { "\(number) \(noun)\(number == 1 ? "" : "s")" }
}
