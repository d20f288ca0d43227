#if Cluster
internal import EventLog
internal import NATSLink
internal import WebSockets

/// Somebody who asks a group how it is, and is none of its relays.
actor GroupObserver: LoopActor {
    /// How long an answer of the servers may take.
    private static let answerTime = Duration.seconds(2)

    let loop: EventLoop
    private let configuration: ClusterConfiguration
    private var link: NATSLink?
    private var server: NATSServerInfo?
    private var complaint: String?
    private var relays: [String: MemberTerms] = [:]
    private var connecting: CheckedContinuation<Result<Void, GroupViewFailure>, Never>?
    private var timer: LoopTimer?

    init(on loop: EventLoop, _ configuration: ClusterConfiguration) {
        self.loop = loop
        self.configuration = configuration
    }

    /// Connects to any of the servers; called once.
    func connect(within limit: Duration) async throws(GroupViewFailure) {
        let result = await withCheckedContinuation { continuation in
            connecting = continuation
            let link = NATSLink(on: loop, configuration.link) { [weak self] event in self?.onLoop { $0.take(event) } }
            self.link = link
            timer = LoopTimer(on: loop) { [weak self] in
                self?.onLoop { $0.finish(.failure(GroupViewFailure(reason: "no server answers within \(limit)"))) }
            }
            timer?.start(after: limit)
            if let subject = configuration.nodeSubject {
                _ = link.subscribe(to: subject) { [weak self] delivery in
                    guard case .messages(let messages) = delivery else { return }
                    self?.onLoop { observer in for message in messages { observer.take(message.payload) } }
                }
            }
            link.start()
        }
        try result.get()
    }

    /// Ends the connection, for whose end nobody waits.
    func close() {
        timer?.close()
        timer = nil
        link?.close()
        link = nil
    }

    /// Asks all relays, and waits so long for their answers.
    func look(for time: Duration) async throws(GroupViewFailure) -> GroupView {
        relays = [:]
        tell(.question)
        try? await LoopClock(loop).sleep(for: time)
        if relays.isEmpty, let complaint { throw GroupViewFailure(reason: complaint) }
        guard let link, let server else { throw GroupViewFailure(reason: "the connection was lost") }
        let count = relays.values.map(\.places.count).max() ?? 1
        var streams: [StreamInfo] = []
        for number in 0..<count {
            let name = configuration.stream(number).name
            do throws(JetStreamFailure) {
                streams.append(try await link.streamInfo(name, within: Self.answerTime))
            } catch {
                let text = error.isAbsence ? "there is no such stream" : "\(error)"
                throw GroupViewFailure(reason: "stream \(name): \(text)")
            }
        }
        return GroupView(configuration.name, "\(server.server)", relays, streams)
    }

    /// Asks the leader of a partition to leave it to another relay.
    func askToLeave(_ partition: Int, to successor: String?) {
        tell(.leave(partition: partition, successor: successor))
    }

    private func tell(_ content: MemberMessage.Content) {
        let message = MemberMessage(node: "", incarnation: 0, content)
        guard let subject = configuration.nodeSubject, let bytes = try? message.bytes() else { return }
        _ = link?.publish(bytes, to: subject)
    }

    private func take(_ bytes: [UInt8]) {
        guard let message = try? MemberMessage(bytes), !message.node.isEmpty else { return }
        switch message.content {
        case .alive(let terms): relays[message.node] = terms
        case .leaves: relays[message.node] = nil
        case .prepare, .prepared, .question, .leave: break
        }
    }

    private func take(_ event: NATSLinkEvent) {
        switch event {
        case .connected(let info, _):
            server = info
            finish(.success(()))
        case .connectFailed(let reasons, _), .closed(let reasons):
            finish(.failure(GroupViewFailure(reason: reasons.joined(separator: "; "))))
        case .disconnected(let reason): finish(.failure(GroupViewFailure(reason: reason)))
        case .fault(let text): complaint = text
        case .lameDuck: break
        }
    }

    private func finish(_ result: Result<Void, GroupViewFailure>) {
        connecting.take()?.resume(returning: result)
        timer?.stop()
    }
}

extension GroupView {
    /// - Parameters:
    ///   - relays: What the relays told of themselves.
    ///   - streams: What the servers say of the partitions' logs, in their order.
    init(_ name: String, _ server: String, _ relays: [String: MemberTerms], _ streams: [StreamInfo]) {
        let digests = relays.values.reduce(into: [:]) { $0[$1.topics, default: 0] += 1 }
        let usual = digests.max { ($0.value, $1.key) < ($1.value, $0.key) }?.key
        self.name = name
        self.server = server
        self.relays = relays.sorted { $0.key < $1.key }.map { node, terms in
            Relay(
                node: node,
                isCandidate: terms.isCandidate,
                hasSameTopics: terms.topics == usual,
                places: zip(terms.places.indices, terms.places).map { number, place in
                    // What has come since it told is no lag.
                    Place(partition: number, duty: Place.Duty(place.duty), term: place.term, lag: place.lag)
                }
            )
        }
        partitions = streams.enumerated().map { number, stream in
            let places = relays.compactMap { node, terms in
                terms.places.indices.contains(number) ? (node: node, place: terms.places[number]) : nil
            }
            return Partition(
                number: number,
                leaders: places.filter { $0.place.duty == .leads }.map(\.node).sorted(),
                term: places.map(\.place.term).max() ?? 0,
                lastMessage: stream.lastSequence,
                messages: stream.messages,
                bytes: stream.bytes,
                server: stream.leader
            )
        }
    }
}

extension GroupView.Place.Duty {
    fileprivate init(_ duty: MemberPlace.Duty) {
        self =
            switch duty {
            case .follows: .follows
            case .standsBy: .standsBy
            case .leads: .leads
            }
    }
}
#endif
