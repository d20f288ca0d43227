#if Cluster
internal import EventLog
internal import Logging
internal import NATSLink
internal import WebSockets

/// The streams of the group's log: found as they have to be, or made; never changed.
extension ClusterNode {
    /// How long until what failed is tried again.
    private static let pause = Duration.seconds(1)
    /// How long an answer about streams may take: servers that choose a leader give none for some seconds.
    private static let answerTime = Duration.seconds(2)
    /// What a server takes of a message beside its payload: the headers of an append.
    private static let headers = 128
    /// How many messages one request fetches, where the server can.
    private static let batch = 1000

    /// Begins to read the log once its streams are as they have to be.
    func prepareStreams() {
        guard !isPreparing else { return }
        isPreparing = true
        Task(executorPreference: loop) { await self.keepPreparing() }
    }

    private func keepPreparing() async {
        while !isClosed, let link {
            // Another connection begins this anew.
            guard let server = link.server else { break }
            do throws(JetStreamFailure) {
                if let flaw = try await prepare(link, server) {
                    complain(.unusable, flaw)
                } else {
                    break
                }
            } catch {
                complain(.unprepared, error.description)
            }
            try? await LoopClock(loop).sleep(for: Self.pause)
        }
        isPreparing = false
    }

    /// Looks at the streams, and makes those that aren't there.
    ///
    /// - Returns: What is wrong with them, in a line; nil when nothing is.
    private func prepare(
        _ link: NATSLink,
        _ server: NATSServerInfo
    ) async throws(JetStreamFailure) -> String? {
        let account = try await link.accountInfo(within: Self.answerTime)
        let largest = min(server.maximumPayload, configuration.historyBytes / StreamConfiguration.smallestHistory)
        if let flaw = configuration.stream(0).flaw(largestMessage: largest) { return flaw }
        for number in partitions.indices {
            let wanted = configuration.stream(number)
            guard let info = try await find(wanted, link) else {
                return "there is no stream \(wanted.name), and an edge makes none"
            }
            let differences = info.differences(from: wanted)
            guard differences.isEmpty else {
                return "the stream \(wanted.name) is another one: \(differences.joined(separator: "; "))"
            }
            guard !isClosed, partitions[number].log == nil else { continue }
            start(number, wanted, largestMessage: largest - Self.headers, batches: account.answersBatches, link)
        }
        return nil
    }

    /// The stream, made if it isn't there; nil for an edge, which makes none.
    private func find(
        _ wanted: StreamConfiguration,
        _ link: NATSLink
    ) async throws(JetStreamFailure) -> StreamInfo? {
        do throws(JetStreamFailure) {
            return try await link.streamInfo(wanted.name, within: Self.answerTime)
        } catch {
            guard error.isAbsence else { throw error }
        }
        guard configuration.role == .any else { return nil }
        logger.notice("the group's log begins: there was no stream", metadata: ["stream": "\(wanted.name)"])
        return try await link.createStream(wanted, within: Self.answerTime)
    }

    /// Begins to read a partition, and to lead it in its turn.
    private func start(
        _ number: Int,
        _ stream: StreamConfiguration,
        largestMessage: Int,
        batches: Bool,
        _ link: NATSLink
    ) {
        guard let log = configuration.logSubject(of: number), let out = configuration.outSubject(of: number) else {
            return
        }
        let now = EventLoop.now
        let reader = LogReader(timing: timing, options: .init(batch: batches ? Self.batch : 1), now: now)
        let writer = LogWriter(
            identity: LeaderIdentity(node: configuration.node, incarnation: incarnation, topics: topicsDigest),
            timing: timing,
            largestMessage: max(largestMessage, MessagePacker.leastLimit),
            limits: OutboxLimits(bytes: configuration.historyBytes, payload: largestPayload),
            now: now
        )
        var member = LogMember(reader: reader, writer: writer, state: LogState(largestPayload: largestPayload))
        member.set(mayLead: mayLead)
        let driver = PartitionLog(
            number: number,
            stream: stream,
            subjects: (log, out),
            member: member,
            timing: timing,
            linger: configuration.linger,
            link: link
        ) { [weak self] event in
            self?.onLoop { $0.take(event, of: number) }
        }
        partitions[number].log = driver
        driver.start(on: loop)
        startWants(number, largestMessage: max(largestMessage, MessagePacker.leastLimit), link)
    }

    /// Tells by which topics of the operator's relays differ, whatever their order.
    var topicsDigest: UInt64 { offered.keys.reduce(0) { $0 &+ ($1.high ^ $1.low) } }

    /// Whether this relay may begin to lead.
    var mayLead: Bool { configuration.role == .any && !isLeaving }
}
#endif
