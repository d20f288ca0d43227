internal import Fanout
internal import FoundationEssentials
internal import Synchronization
internal import WebSockets
internal import Wire

/// What `/state` tells operators, as one JSON object: counters since the start, and how things stand.
///
/// The page asks for it once a second. Nothing is collected for it beside what the metrics have, and what shards note
/// once a second.
struct StateReport: Encodable {
    struct Upstream: Encodable {
        struct Change: Encodable {
            /// How long ago, in seconds.
            let ago: Double
            let up: Bool
            let cause: String?
        }

        let connected: Bool
        let failure: String?
        /// The number of the attempt that is made or awaited; 0 while there is a link.
        let attempt: Int
        /// Seconds until the next attempt; nil while none is awaited.
        let retry: Double?
        let connects: Int
        let failures: Int
        let history: [Change]
    }

    struct Topic: Encodable {
        let name: String
        let status: String
        let events: Int
        let bytes: Int
        /// Seconds since the last event; nil before the first.
        let age: Double?
        let subscribers: Int
        let gaps: Int
        let interruptions: Int
        let errors: Int
        let held: Int
    }

    struct Clients: Encodable {
        let count: Int
        let opened: Int
        let subscriptions: Int
        let protocols: [String: Int]
        let closes: [String: Int]
        let slowest: [SlowClient]
    }

    /// A histogram: bounds in seconds or bytes, and how many values are at most each; the last count is of all others.
    struct Distribution: Encodable {
        let bounds: [Double]
        let counts: [Int]

        init(_ histograms: [Histogram]) {
            let sum = Histogram.sum(of: histograms)
            bounds = sum.map { sum in sum.scale.bounds.map { Double($0) / Double(sum.scale.unit) } } ?? []
            counts = sum?.reading.counts ?? []
        }
    }

    struct Memory: Encodable {
        let resident: Int
        let limit: Int
        let pressure: Int
    }

    let version: String
    /// Seconds of the loops' clock: differences between two reports are meant.
    let time: Double
    /// Tells this run of the relay from others.
    let run: String
    let ready: Bool
    let draining: Bool
    let upstream: Upstream
    let topics: [Topic]
    let clients: Clients
    let deliveries: Int
    let deliveredBytes: Int
    let slow: Int
    let untoldGaps: Int
    let latency: Distribution
    let lag: Distribution
    let memory: Memory
    /// Seconds of processor time of each loop's thread.
    let loops: [String: Double]

    init(_ statistics: Statistics) {
        let now = EventLoop.now
        let milliseconds = Statistics.milliseconds(now)
        let shards = statistics.shards
        let reports = shards.map { $0.report.withLock { $0 } }
        version = statistics.version ?? ""
        time = Double(milliseconds) / 1000
        run = statistics.epoch
        ready = statistics.isReady
        draining = statistics.isLeaving.load(ordering: .relaxed)
        let due = statistics.nextAttempt.load(ordering: .relaxed)
        upstream = Upstream(
            connected: statistics.isUpstreamLive.load(ordering: .relaxed),
            failure: statistics.upstreamFailure.withLock { $0 },
            attempt: statistics.attempt.load(ordering: .relaxed),
            retry: due > 0 ? max(0, Double(due - milliseconds) / 1000) : nil,
            connects: statistics.connects.load(ordering: .relaxed),
            failures: statistics.disconnects.load(ordering: .relaxed),
            history: statistics.upstreamHistory.withLock { $0.entries }.map { entry in
                .init(ago: (now - entry.time) / .seconds(1), up: entry.isUp, cause: entry.cause)
            }
        )
        topics = (statistics.topics + [statistics.allClientTopics]).map { topic in
            Topic(
                name: topic.name,
                status: topic.status.withLock { $0 }.rawValue,
                events: topic.events.load(ordering: .relaxed),
                bytes: topic.bytes.load(ordering: .relaxed),
                age: topic.age(at: now),
                subscribers: reports.reduce(0) { $0 + ($1.subscribers[topic.name] ?? 0) },
                gaps: topic.gaps.load(ordering: .relaxed),
                interruptions: topic.interruptions.load(ordering: .relaxed),
                errors: topic.errors.load(ordering: .relaxed),
                held: topic.heldBytes.load(ordering: .relaxed)
            )
        }
        func sum(_ counter: (ShardStatistics) -> Int) -> Int { shards.reduce(0) { $0 + counter($1) } }
        clients = Clients(
            count: sum { $0.clients.load(ordering: .relaxed) },
            opened: sum { $0.opened.load(ordering: .relaxed) },
            subscriptions: sum { $0.subscriptions.load(ordering: .relaxed) },
            protocols: Dictionary(
                uniqueKeysWithValues: ClientProtocol.allCases.map { spoken in
                    (spoken.rawValue, sum { $0.clients(speaking: spoken) })
                }
            ),
            closes: shards.reduce(into: [:]) { closes, shard in
                for (code, count) in shard.closesByCode { closes["\(code)", default: 0] += count }
            },
            slowest: Array(reports.flatMap(\.slowest).sorted { $0.lag > $1.lag }.prefix(SlowClient.most))
        )
        deliveries = sum { $0.deliveries.load(ordering: .relaxed) }
        deliveredBytes = sum { $0.bytes.load(ordering: .relaxed) }
        slow = sum { $0.tooSlow.load(ordering: .relaxed) }
        untoldGaps = sum { $0.untoldGaps.load(ordering: .relaxed) }
        latency = Distribution(shards.map(\.deliveryLatency))
        lag = Distribution(shards.map(\.lag))
        memory = Memory(
            resident: statistics.memory.resident,
            limit: statistics.memory.limit,
            pressure: statistics.memory.pressure.rawValue
        )
        loops = statistics.loops.withLock { $0 }.reduce(into: [:]) { loops, loop in
            loops[loop.name] = loop.threadTime.map { $0 / .seconds(1) }
        }
    }

    /// The answer to who asks.
    var response: HTTPResponse {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        guard let body = try? encoder.encode(self) else { return .text("the state can't be told", status: 500) }
        return HTTPResponse(
            contentType: "application/json",
            headers: [HTTPField(name: "Cache-Control", value: "no-store")],
            body: Array(body)
        )
    }
}
