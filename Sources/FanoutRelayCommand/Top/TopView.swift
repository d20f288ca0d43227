import CommandSupport
import FanoutRelay

/// What `top` shows of a relay, as lines; a value.
struct TopView {
    struct Line: Equatable {
        enum Style { case plain, heading, bad }

        var text: String
        var style = Style.plain
    }

    private let report: StateReport
    /// The report with which it is compared; nil before the second one, and after a restart of the relay.
    private let former: StateReport?
    private let url: String
    /// Seconds between the two reports.
    private let seconds: Double

    init(of report: StateReport, since former: StateReport?, at url: String) {
        self.report = report
        self.former = former?.run == report.run ? former : nil
        self.url = url
        seconds = self.former.map { report.time - $0.time } ?? 0
    }

    /// What is shown while the relay doesn't tell.
    static func lines(without failure: StateFailure, at url: String, in size: TerminalSize) -> [Line] {
        fitted(
            [Line(text: "fanout-relay top at \(url)  (q: quit)"), Line(text: "\(failure); trying again", style: .bad)],
            in: size
        )
    }

    /// The lines that fit into a terminal; nil stands for paper, which has room for all.
    func lines(in size: TerminalSize? = nil) -> [Line] {
        let foot = [Line(text: ""), Line(text: protocols), Line(text: closes)]
        let head = [title(isLive: size != nil), health] + group + sums.map { Line(text: $0) } + [Line(text: "")]
        // The slowest clients have a third of what is left, and the topics the rest.
        let room = size.map { max(0, $0.rows - head.count - foot.count - 2) }
        let slowest = Array(report.clients.slowest.prefix(room.map { $0 / 3 } ?? .max))
        let places = size?.columns
        let topics = topicLines(atMost: room.map { max(1, $0 - slowest.count) }, within: places)
        return Self.fitted(head + topics + foot + slowLines(slowest, within: places), in: size)
    }

    private static func fitted(_ lines: [Line], in size: TerminalSize?) -> [Line] {
        let plain = lines.map { Line(text: TopText.plain($0.text), style: $0.style) }
        guard let size else { return plain }
        return plain.prefix(max(1, size.rows)).map {
            Line(text: TopText.clipped($0.text, to: size.columns), style: $0.style)
        }
    }

    // The whole relay.

    private func title(isLive: Bool) -> Line {
        Line(text: "fanout-relay \(report.version) at \(url)\(isLive ? "  (q: quit)" : "")")
    }

    private var health: Line {
        if report.draining { return Line(text: "draining", style: .bad) }
        let upstream = report.upstream
        let counts =
            "connected \(NumberText.grouped(upstream.connects)) times, lost or refused "
            + "\(NumberText.grouped(upstream.failures)) times"
        guard !report.ready else { return Line(text: "ready; \(counts)") }
        guard !upstream.connected else { return Line(text: "not ready; \(counts)", style: .bad) }
        let number = NumberText.grouped(upstream.attempt)
        let attempt = upstream.retry.map { "; attempt \(number) in \(NumberText.time($0))" } ?? ""
        let failure = upstream.failure ?? "no attempt has ended yet"
        return Line(text: "not connected: \(failure)\(attempt)", style: .bad)
    }

    /// A line for the group's fault, and one for who leads.
    private var group: [Line] {
        guard let group = report.group else { return [] }
        let leaders = group.partitions.enumerated().map { number, partition in
            let leader = partition.leads ? "this relay" : partition.leader.map(TopText.plain) ?? "nobody"
            let place = "term \(partition.term), \(NumberText.grouped(Int(clamping: partition.lag))) messages not read"
            return "partition \(number): \(leader) leads, \(place)"
        }
        let isLed = group.partitions.allSatisfy { $0.leads || $0.leader != nil }
        let line = "\(TopText.plain(group.node)) of group \(group.name); \(leaders.joined(separator: "; "))"
        return [Line(text: line, style: isLed ? .plain : .bad)]
            + [group.fault].compactMap(\.self).map { Line(text: $0, style: .bad) }
    }

    private var sums: [String] {
        let (clients, memory) = (report.clients, report.memory)
        let loops = former.map { former in
            report.loops.map { ($0.key, ($0.value - (former.loops[$0.key] ?? $0.value)) / seconds) }
        }
        let busiest = loops?.max { ($0.1, $1.0) < ($1.1, $0.0) }.map { "\($0.0) \(NumberText.whole($0.1 * 100)) %" }
        return [
            "\(NumberText.grouped(clients.count)) clients, \(NumberText.grouped(clients.subscriptions)) subscriptions; "
                + "a second: \(rate { $0.topics.reduce(0) { $0 + Double($1.events) } }) events, "
                + "\(rate { Double($0.deliveries) }) deliveries, "
                + "\(rate(NumberText.bytes) { Double($0.deliveredBytes) })",
            "90 %, 99 %, all: delivered within \(quantiles(\.latency, NumberText.time, "over 10 s")); "
                + "lack \(quantiles(\.lag, { $0 == 0 ? "nothing" : NumberText.bytes($0) }, "over 64 MiB"))",
            "memory \(NumberText.bytes(Double(memory.resident))) of \(NumberText.bytes(Double(memory.limit))); "
                + "busiest thread \(busiest ?? "–"); slow clients so far \(NumberText.grouped(report.slow))",
        ]
    }

    private func rate(
        _ write: (Double) -> String = NumberText.rate,
        of counter: (StateReport) -> Double
    ) -> String {
        guard let former, seconds > 0 else { return "–" }
        return write(max(0, counter(report) - counter(former)) / seconds)
    }

    private func quantiles(
        _ member: KeyPath<StateReport, StateReport.Distribution>,
        _ write: (Double) -> String,
        _ over: String
    ) -> String {
        let shares = [0.9, 0.99, 1]
        let values = shares.map { report[keyPath: member].quantile($0, since: former?[keyPath: member]) }
        return values.map { $0.map { $0.isFinite ? write($0) : over } ?? "–" }.joined(separator: ", ")
    }

    private var protocols: String {
        let counts = report.clients.protocols.filter { $0.value > 0 }.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
        return "protocols: \(Self.list(counts))"
    }

    private var closes: String {
        let counts = report.clients.closes.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
        return "closed with: \(Self.list(counts))"
    }

    private static func list(_ counts: [(key: String, value: Int)]) -> String {
        counts.isEmpty ? "none" : counts.map { "\($0.key) \(NumberText.grouped($0.value))" }.joined(separator: ", ")
    }

    // Topics.

    private struct Topic {
        let name: String
        let isLive: Bool
        let rate: Double?
        let cells: [String]
    }

    private func topicLines(atMost room: Int?, within places: Int?) -> [Line] {
        let events = (former?.topics ?? []).reduce(into: [:]) { $0[$1.name] = $1.events }
        let topics = report.topics.filter { $0.name != "*" || $0.events > 0 || $0.subscribers > 0 }
            .map { topic(of: $0, events[$0.name]) }
            .sorted { ($1.rate ?? 0, $0.name) < ($0.rate ?? 0, $1.name) }
        let shown = topics.prefix(room.map { topics.count > $0 ? $0 - 1 : $0 } ?? .max)
        let titles = ["TOPIC", "STATE", "PER SECOND", "LAST EVENT", "SUBSCRIBERS", "GAPS", "INTERRUPTIONS"]
        let lines = TopTable(titles: titles, rows: shown.map { [$0.name] + $0.cells }).lines(within: places)
        let styles = [Line.Style.heading] + shown.map { $0.isLive ? .plain : .bad }
        let more = topics.count - shown.count
        return zip(lines, styles).map { Line(text: $0, style: $1) }
            + (more > 0 ? [Line(text: "and \(NumberText.grouped(more)) more")] : [])
    }

    private func topic(of topic: StateReport.Topic, _ former: Int?) -> Topic {
        let isOfClients = topic.name == "*"
        let rate = former.flatMap { seconds > 0 ? max(0, Double(topic.events) - Double($0)) / seconds : nil }
        return Topic(
            name: isOfClients ? "of clients" : TopText.plain(topic.name),
            isLive: isOfClients || topic.status == "live",
            rate: rate,
            cells: [
                isOfClients ? "" : TopText.plain(topic.status), rate.map(NumberText.rate) ?? "–",
                topic.age.map { "\(NumberText.time($0)) ago" } ?? "–", NumberText.grouped(topic.subscribers),
                NumberText.grouped(topic.gaps), NumberText.grouped(topic.interruptions),
            ]
        )
    }

    // Clients.

    private func slowLines(_ slowest: [SlowClient], within places: Int?) -> [Line] {
        guard !slowest.isEmpty else { return [] }
        let rows = slowest.map {
            ["\($0.number) at \(TopText.plain($0.peer))", TopText.plain($0.protocol), NumberText.bytes(Double($0.lag))]
        }
        let table = TopTable(titles: ["SLOWEST CLIENT", "PROTOCOL", "LACKS"], rows: rows)
        return table.lines(within: places).enumerated().map { Line(text: $1, style: $0 == 0 ? .heading : .plain) }
    }
}
