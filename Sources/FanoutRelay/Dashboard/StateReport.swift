internal import Fanout
internal import FoundationEssentials
internal import Synchronization
internal import WebSockets
internal import Wire

/// What `/state` tells operators, as one JSON object: counters since the start, and how things stand.
///
/// The page asks for it once a second. Nothing is collected for it beside what the metrics have, and what shards note
/// once a second.
package struct StateReport: Codable, Sendable {
    package struct Upstream: Codable, Sendable {
        package struct Change: Codable, Sendable {
            /// How long ago, in seconds.
            package let ago: Double
            package let up: Bool
            package let cause: String?
        }

        package let connected: Bool
        package let failure: String?
        /// The number of the attempt that is made or awaited; 0 while there is a link.
        package let attempt: Int
        /// Seconds until the next attempt; nil while none is awaited.
        package let retry: Double?
        package let connects: Int
        package let failures: Int
        package let history: [Change]
    }

    /// The group that the relay is one of.
    package struct Group: Codable, Sendable {
        package struct Partition: Codable, Sendable {
            /// Who leads it; nil while that isn't known.
            package let leader: String?
            /// Whether it is this relay.
            package let leads: Bool
            package let term: UInt64
            /// How many messages of the log are known and aren't read.
            package let lag: UInt64
            /// Seconds since the log's newest message.
            package let age: Double
        }

        package let name: String
        package let node: String
        package let connected: Bool
        /// Why clients can't be served; nil while they can.
        package let fault: String?
        package let partitions: [Partition]
    }

    package struct Topic: Codable, Sendable {
        package let name: String
        package let status: String
        package let events: Int
        package let bytes: Int
        /// Seconds since the last event; nil before the first.
        package let age: Double?
        package let subscribers: Int
        package let gaps: Int
        package let interruptions: Int
        package let errors: Int
        package let held: Int
    }

    package struct Clients: Codable, Sendable {
        package let count: Int
        package let opened: Int
        package let subscriptions: Int
        package let protocols: [String: Int]
        package let closes: [String: Int]
        package let slowest: [SlowClient]
        /// Whether who asks may have clients closed, with their token.
        package let mayClose: Bool
        /// Whether clients need a token.
        package let needToken: Bool
        /// Where clients come to; nil where who asks came there too.
        package let addresses: [String]?
    }

    /// A histogram: bounds in seconds or bytes, and how many values are at most each; the last count is of all others.
    package struct Distribution: Codable, Sendable {
        package let bounds: [Double]
        package let counts: [Int]
    }

    package struct Memory: Codable, Sendable {
        package let resident: Int
        package let limit: Int
        package let pressure: Int
    }

    package let version: String
    /// Seconds of the loops' clock: differences between two reports are meant.
    package let time: Double
    /// Tells this run of the relay from others.
    package let run: String
    package let ready: Bool
    package let draining: Bool
    package let upstream: Upstream
    /// Nil where the relay is by itself.
    package let group: Group?
    package let topics: [Topic]
    package let clients: Clients
    package let deliveries: Int
    package let deliveredBytes: Int
    package let slow: Int
    package let untoldGaps: Int
    package let latency: Distribution
    package let lag: Distribution
    package let memory: Memory
    /// Seconds of processor time of each loop's thread.
    package let loops: [String: Double]

    /// - Parameters:
    ///   - clientele: Whom the listener is for that who asks came to.
    ///   - mayCloseClients: Whether they may have clients closed.
    init(_ statistics: Statistics, for clientele: Clientele = .everybody, mayCloseClients: Bool = false) {
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
        group = statistics.cluster.map { Group($0, at: now) }
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
            slowest: Array(reports.flatMap(\.slowest).sorted { $0.lag > $1.lag }.prefix(SlowClient.most)),
            mayClose: mayCloseClients,
            needToken: statistics.authorizer.withLock { $0 }?.isOpen == false,
            addresses: clientele == .operators ? statistics.clientAddresses.withLock { $0 } : nil
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

    /// Reads the answer of a relay; nil when it is none of this version.
    package init?(_ answer: [UInt8]) {
        guard let report = try? JSONDecoder().decode(Self.self, from: Data(answer)) else { return nil }
        self = report
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

extension StateReport.Group {
    init(_ statistics: ClusterStatistics, at now: Duration) {
        name = statistics.name
        node = statistics.node
        connected = statistics.isConnected.load(ordering: .relaxed)
        fault = statistics.fault.withLock { $0 }
        partitions = statistics.partitions.map { partition in
            let state = partition.state.withLock { $0 }
            return Partition(
                leader: state.leader,
                leads: state.isLeader,
                term: state.term,
                lag: state.end - min(state.head, state.end),
                age: max(0, (now - state.heard) / .seconds(1))
            )
        }
    }
}

extension StateReport.Distribution {
    init(_ histograms: [Histogram]) {
        let sum = Histogram.sum(of: histograms)
        bounds = sum.map { sum in sum.scale.bounds.map { Double($0) / Double(sum.scale.unit) } } ?? []
        counts = sum?.reading.counts ?? []
    }

    /// The least bound that this share of the values doesn't exceed which came since an earlier reading; infinite where
    /// none is, nil where no value came.
    package func quantile(_ share: Double, since earlier: Self? = nil) -> Double? {
        let former = earlier?.counts ?? []
        let new = counts.indices.map { index in
            Double(counts[index]) - (former.indices.contains(index) ? Double(former[index]) : 0)
        }
        let total = new.reduce(0, +)
        guard total > 0 else { return nil }
        var sum = 0.0
        for (bound, count) in zip(bounds, new) {
            sum += count
            if sum >= share * total { return bound }
        }
        return .infinity
    }
}
