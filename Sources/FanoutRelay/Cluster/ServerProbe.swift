#if Cluster
internal import NATSLink
internal import WebSockets

/// One server of a group that is connected to once and asked, and in which nothing is changed.
actor ServerProbe: LoopActor {
    /// Why a server isn't connected to, in a line that names it.
    struct Unreachable: Error {
        let reason: String
    }

    let loop: EventLoop
    nonisolated let server: NATSServer
    private let configuration: NATSLinkConfiguration
    private var link: NATSLink?
    private var timer: LoopTimer?
    private var connecting: CheckedContinuation<Result<NATSServerInfo, Unreachable>, Never>?
    /// What the server complained of, such as a missing permission.
    private(set) var complaint: String?

    init(on loop: EventLoop, _ configuration: NATSLinkConfiguration, server: NATSServer) {
        self.loop = loop
        self.server = server
        var configuration = configuration
        configuration.servers = [server]
        self.configuration = configuration
    }

    /// Makes one attempt to connect; called once.
    func connect(within limit: Duration) async -> Result<NATSServerInfo, Unreachable> {
        await withCheckedContinuation { continuation in
            connecting = continuation
            timer = LoopTimer(on: loop) { [weak self] in
                self?.onLoop { $0.finish(.failure(Unreachable(reason: "\($0.server): no answer within \(limit)"))) }
            }
            timer?.start(after: limit)
            let link = NATSLink(on: loop, configuration) { [weak self] event in self?.onLoop { $0.take(event) } }
            self.link = link
            link.start()
        }
    }

    /// What the account may use of JetStream.
    func account(within limit: Duration) async -> Result<AccountInfo, JetStreamFailure> {
        guard let link else { return .failure(.connectionLost) }
        do throws(JetStreamFailure) {
            return .success(try await link.accountInfo(within: limit))
        } catch {
            return .failure(error)
        }
    }

    /// A stream; nil where there is none.
    func stream(_ name: String, within limit: Duration) async -> Result<StreamInfo?, JetStreamFailure> {
        guard let link else { return .failure(.connectionLost) }
        do throws(JetStreamFailure) {
            return .success(try await link.streamInfo(name, within: limit))
        } catch {
            return error.isAbsence ? .success(nil) : .failure(error)
        }
    }

    /// Answers whoever asks at a subject.
    func answer(at subject: NATSSubject) {
        guard let link else { return }
        _ = link.subscribe(to: subject) { delivery in
            guard case .messages(let messages) = delivery else { return }
            for message in messages {
                guard let reply = try? NATSSubject(message.reply ?? ""), !reply.isPattern else { continue }
                _ = link.publish([], to: reply)
            }
        }
    }

    /// Whether what is asked at this server reaches whoever answers at another one; nil when that doesn't show.
    func reaches(_ subject: NATSSubject, within limit: Duration) async -> Bool? {
        let clock = LoopClock(loop)
        let deadline = clock.now + limit
        while let link {
            switch await link.answer(to: [], at: subject, within: limit) {
            case .message: return true
            case .timedOut, .connectionLost, .refused: return nil
            case .noResponders:
                // The servers of a cluster tell each other of subscriptions a little later.
                guard clock.now < deadline else { return false }
                try? await clock.sleep(for: .milliseconds(50))
            }
        }
        return nil
    }

    /// A failure, with what the server complained of.
    func text(of failure: JetStreamFailure) -> String {
        complaint.map { "\(failure): \($0)" } ?? failure.description
    }

    /// Ends the connection, or the attempt, for whose end nobody waits.
    func end() {
        timer?.close()
        timer = nil
        link?.close()
        link = nil
    }

    private func take(_ event: NATSLinkEvent) {
        switch event {
        case .connected(let info, _): finish(.success(info))
        case .connectFailed(let reasons, _), .closed(let reasons):
            finish(.failure(Unreachable(reason: reasons.joined(separator: "; "))))
        case .disconnected(let reason): finish(.failure(Unreachable(reason: "\(server): \(reason)")))
        case .fault(let text): complaint = text
        case .lameDuck: break
        }
    }

    private func finish(_ result: Result<NATSServerInfo, Unreachable>) {
        connecting.take()?.resume(returning: result)
        timer?.stop()
    }
}
#endif
