#if Cluster
internal import NATSLink
internal import WebSockets

extension ClusterConfiguration {
    /// How long a server may take for each answer.
    private static let answerTime = Duration.seconds(2)

    /// Connects to each of the servers once, and compares what is there with what is configured.
    ///
    /// Nothing is changed at the servers: a stream that isn't there yet isn't made.
    ///
    /// - Parameters:
    ///   - largestEvent: The largest event that the upstream may send, in bytes.
    ///   - limit: How long connecting may take.
    package func findings(largestEvent: Int, within limit: Duration = .seconds(5)) async -> [ClusterFinding] {
        let loop: EventLoop
        do throws(WebSocketError) {
            loop = try EventLoop(name: "cluster", servesSockets: false)
        } catch {
            return [ClusterFinding(.fault, error.description)]
        }
        let probes = servers.map { ServerProbe(on: loop, link, server: $0) }
        let findings = await ask(probes, largestEvent: largestEvent, within: limit)
        for probe in probes { await probe.end() }
        await loop.stop()
        return findings
    }

    private func ask(
        _ probes: [ServerProbe],
        largestEvent: Int,
        within limit: Duration
    ) async -> [ClusterFinding] {
        let results = await Self.connect(probes, within: limit)
        var reached: [(probe: ServerProbe, info: NATSServerInfo)] = []
        var reasons: [String] = []
        for (probe, result) in zip(probes, results) {
            switch result {
            case .success(let info): reached.append((probe, info))
            case .failure(let failure): reasons.append(failure.reason)
            }
        }
        guard let (probe, info) = reached.first else {
            return [ClusterFinding(.fault, "no server can be reached: \(reasons.joined(separator: "; "))")]
        }
        var findings = reasons.map { ClusterFinding(.warning, "a server can't be reached: \($0)") }
        let names = reached.map { "\($0.info.server)" }.joined(separator: ", ")
        findings.append(ClusterFinding(.note, "connected to \(names)"))
        findings += judgeSecrets()
        let limits = reached.map(\.info.maximumPayload)
        findings += judge(messagesUpTo: limits.min() ?? info.maximumPayload, largestEvent: largestEvent)
        findings += await Self.askWhetherApart(reached.map(\.probe))
        switch await probe.account(within: Self.answerTime) {
        case .success(let account): findings += await askForStreams(probe, account)
        case .failure(let failure):
            findings.append(ClusterFinding(.fault, "\(info.server): \(await Self.text(of: failure, probe))"))
        }
        return findings
    }

    private static func connect(
        _ probes: [ServerProbe],
        within limit: Duration
    ) async -> [Result<NATSServerInfo, ServerProbe.Unreachable>] {
        await withTaskGroup(of: (Int, Result<NATSServerInfo, ServerProbe.Unreachable>).self) { group in
            for (place, probe) in probes.enumerated() {
                group.addTask { (place, await probe.connect(within: limit)) }
            }
            var results: [Int: Result<NATSServerInfo, ServerProbe.Unreachable>] = [:]
            for await (place, result) in group { results[place] = result }
            return probes.indices.compactMap { results[$0] }
        }
    }

    /// Why nothing is known of JetStream, and what that may come from.
    private static func text(of failure: JetStreamFailure, _ probe: ServerProbe) async -> String {
        let text = await probe.text(of: failure)
        switch failure {
        case .noResponders: break
        // A server in a cluster doesn't say that nobody is there.
        case .timedOut where await probe.complaint == nil: break
        default: return "JetStream: \(text)"
        }
        return "\(text): JetStream is off (jetstream {} in the server's file, or -js, turns it on), or has no leader"
    }

    /// Whether the servers pass on to each other what they are told: relays that are connected to different ones would
    /// otherwise be groups of their own.
    private static func askWhetherApart(_ probes: [ServerProbe]) async -> [ClusterFinding] {
        guard let first = probes.first, probes.count > 1,
            let subject = try? NATSSubject("_INBOX.fanout-check.\(UInt64.random(in: 0 ... .max))")
        else { return [] }
        await first.answer(at: subject)
        var apart: [ServerProbe] = []
        for probe in probes.dropFirst() where await probe.reaches(subject, within: answerTime) == false {
            apart.append(probe)
        }
        // Who may not subscribe hears nothing anyhow.
        guard !apart.isEmpty, await first.complaint == nil else { return [] }
        let names = apart.map { "\($0.server)" }.joined(separator: ", ")
        return [ClusterFinding(.fault, "\(first.server) and \(names) are servers by themselves, not one cluster")]
    }

    /// Whether a secret may travel in plaintext.
    private func judgeSecrets() -> [ClusterFinding] {
        switch credentials {
        case .none, .credentialsFile, .seedFile: return []
        case .tokenFile, .passwordFile: break
        }
        guard let server = servers.first(where: { !$0.isSecure && !Configuration.isLoopback($0.host) }) else {
            return []
        }
        let text = "\(server): the token or password is sent in plaintext, unless the server asks for TLS; tls:// does"
        return [ClusterFinding(.warning, text)]
    }

    private func judge(messagesUpTo limit: Int, largestEvent: Int) -> [ClusterFinding] {
        guard limit >= Self.leastMessage else {
            let text = "the servers take messages of up to \(limit) bytes (max_payload); the log needs "
            return [ClusterFinding(.fault, text + "\(Self.leastMessage)")]
        }
        guard limit < largestEvent else { return [] }
        let text =
            "the servers take messages of up to \(limit) bytes (max_payload): larger events, which may have "
            + "\(largestEvent), are split"
        return [ClusterFinding(.warning, text)]
    }

    private func askForStreams(_ probe: ServerProbe, _ account: AccountInfo) async -> [ClusterFinding] {
        var findings: [ClusterFinding] = []
        var missing: [String] = []
        for number in 0..<partitions {
            let wanted = stream(number)
            switch await probe.stream(wanted.name, within: Self.answerTime) {
            case .success(let info?): findings.append(judge(info, wanted))
            case .success(nil): missing.append(wanted.name)
            case .failure(let failure):
                let text = "stream \(wanted.name): \(await probe.text(of: failure))"
                // The others would take as long to say the same.
                return findings + [ClusterFinding(.fault, text)]
            }
        }
        guard !missing.isEmpty else { return findings }
        let names = missing.joined(separator: ", ")
        guard role == .any else {
            let text = "no stream \(names), and an edge makes none: a relay of the role any has to be first"
            return findings + [ClusterFinding(.fault, text)]
        }
        findings.append(ClusterFinding(.note, "no stream \(names) yet: the first relay makes it"))
        let limit = storage == .file ? account.storageLimit : account.memoryLimit
        let (needed, overflow) = historyBytes.multipliedReportingOverflow(by: missing.count)
        if let limit, overflow || needed > limit {
            let text = "the account may keep \(limit) bytes in \(storage.rawValue), which is less than new streams need"
            findings.append(ClusterFinding(.fault, "\(text): \(missing.count) of \(historyBytes)"))
        }
        return findings
    }

    private func judge(_ info: StreamInfo, _ wanted: StreamConfiguration) -> ClusterFinding {
        let differences = info.differences(from: wanted)
        guard differences.isEmpty else {
            let text = "stream \(wanted.name): \(differences.joined(separator: "; "))"
            return ClusterFinding(.fault, "\(text); no relay changes a stream")
        }
        return ClusterFinding(.note, "stream \(wanted.name): as configured, with \(info.messages) messages")
    }
}
#else
extension ClusterConfiguration {
    /// A build without the trait Cluster can look at nothing.
    package func findings(largestEvent: Int) async -> [ClusterFinding] {
        [ClusterFinding(.fault, "this build can't be one of a group")]
    }
}
#endif
