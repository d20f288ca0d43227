import ArgumentParser
import Backoffs
import CommandSupport
import DemoUpstream
internal import Fanout
import FanoutRelay
import Glibc
import GraphQLSession
import WebSockets

/// `fanout-relay demo`: runs a GraphQL server with made-up events, and a relay of it.
struct DemoCommand: AsyncParsableCommand, BrieflyHelped {
    static let configuration = CommandConfiguration(
        commandName: "demo",
        abstract: "Start a demo GraphQL server and a relay of it, and say what to try.",
        discussion: """
            Example:
              fanout-relay demo --interval 10ms --payload-bytes 200 --drop-links-every 20s
              fanout-relay demo --fault never-ack --fault-every 30s

            With TLS on both sides, and a self-signed certificate:
              openssl req -x509 -newkey rsa:2048 -nodes -days 30 -subj /CN=localhost \\
                  -addext subjectAltName=DNS:localhost,IP:127.0.0.1 -keyout key.pem -out certificate.pem
              fanout-relay demo --tls-certificate certificate.pem --tls-key key.pem \\
                  --upstream-tls-certificate certificate.pem --upstream-tls-key key.pem
            """
    )

    static let example = """
        fanout-relay demo --interval 10ms --drop-links-every 20s
        """

    static let mostUsedFlags = [
        "interval", "payload-bytes", "burst", "drop-links-every", "fault", "allow-any-subscription",
        "listen", "token-file", "log-level",
    ]

    @Option(
        help: ArgumentHelp(
            "The address that the demo server listens on; port 0 takes a free one.",
            valueName: "host:port"
        ),
        as: Flags.value(ListenAddress.self)
    )
    var upstreamListen = ListenAddress("127.0.0.1:0")!

    @Option(
        help: ArgumentHelp(
            "A PEM file of a certificate, with which the demo server uses TLS. It must be self-signed and name the "
                + "host of --upstream-listen; the relay trusts only it. Needs --upstream-tls-key.",
            valueName: "file"
        )
    )
    var upstreamTlsCertificate: String?

    @Option(
        help: ArgumentHelp("The PEM file of that certificate's private key, without a passphrase.", valueName: "file")
    )
    var upstreamTlsKey: String?

    @Option(
        help: ArgumentHelp("The time between two events of the topic tick.", valueName: "duration"),
        as: Flags.duration(.milliseconds(1) ... .seconds(3_600))
    )
    var interval = Duration.seconds(1)

    @Option(
        help: ArgumentHelp("Bytes of padding in each event of the topic tick.", valueName: "bytes"),
        as: Flags.bytes(0...(1 << 20))
    )
    var payloadBytes = 0

    @Option(
        help: ArgumentHelp("How many events of the topic tick come at each interval.", valueName: "count"),
        as: Flags.integer(1...10_000)
    )
    var burst = 1

    @Option(
        help: ArgumentHelp(
            "Ends the upstream link at this interval, to show that it comes back.",
            valueName: "duration"
        ),
        as: Flags.duration(.milliseconds(1) ... .seconds(86_400))
    )
    var dropLinksEvery: Duration?

    @Option(
        help: ArgumentHelp(
            "How --drop-links-every ends a link: cut (without a close frame, the default), reset (by TCP), or a close "
                + "code.",
            valueName: "ending"
        ),
        transform: Flags.linkEnding
    )
    var dropLinksWith: DemoServer.LinkEnding?

    @Option(
        help: ArgumentHelp(
            "What the demo server does wrong: one of \(Flags.faultList). Nothing by default.",
            valueName: "fault"
        ),
        transform: Flags.fault
    )
    var fault: DemoUpstream.Fault?

    @Option(
        help: ArgumentHelp(
            "Switches --fault on and off at this interval; by default it is always on.",
            valueName: "duration"
        ),
        as: Flags.duration(.milliseconds(1) ... .seconds(86_400))
    )
    var faultEvery: Duration?

    @OptionGroup(title: "Topics on demand")
    var demand: DemandOptions

    @OptionGroup(title: "Listeners")
    var listen: ListenOptions

    @OptionGroup(title: "Downstream")
    var downstream: DownstreamOptions

    @OptionGroup(title: "Limits")
    var limits: LimitOptions

    @OptionGroup(title: "Access")
    var access: AccessOptions

    @OptionGroup(title: "Operators")
    var operators: OperatorOptions

    @OptionGroup(title: "Log")
    var log: LogOptions

    /// Refuses flags that would have no effect.
    func validate() throws {
        if dropLinksWith != nil, dropLinksEvery == nil {
            throw ValidationError("--drop-links-with: allowed: together with --drop-links-every only")
        }
        if faultEvery != nil, fault == nil {
            throw ValidationError("--fault-every: allowed: together with --fault only")
        }
        guard (upstreamTlsCertificate == nil) == (upstreamTlsKey == nil) else {
            let (given, missing) = upstreamTlsKey == nil ? ("certificate", "key") : ("key", "certificate")
            throw ValidationError("--upstream-tls-\(given): allowed: together with --upstream-tls-\(missing) only")
        }
    }

    /// Runs until a signal.
    func run() async throws {
        let run = RelayRun(log: log, endsAtHangUp: isatty(STDIN_FILENO) == 1)
        let server = try await startServer()
        let first = try runSettings(server)
        let fault = fault ?? .none
        if faultEvery == nil { await server.misbehave(fault, every: nil) }
        let outages = dropLinksEvery.map { interval in
            Task(executorPreference: server.loop) { [dropLinksWith] in
                await server.dropLinks(every: interval, dropLinksWith ?? .cut)
            }
        }
        let faults = faultEvery.map { interval in
            Task(executorPreference: server.loop) { await server.misbehave(fault, every: interval) }
        }
        try await run.run(first) {
            try runSettings(server)
        } started: { relay in
            announce(relay, server)
            StartEntry(of: relay, first.configuration, settings: nil).write(to: run.logger)
        }
        outages?.cancel()
        faults?.cancel()
        await server.stop()
    }

    /// What its relay is run with.
    private func runSettings(_ server: DemoServer) throws -> RunSettings {
        let milliseconds = interval.components.seconds * 1000 + interval.components.attoseconds / 1_000_000_000_000_000
        let arguments = "intervalMs: \(milliseconds), payloadBytes: \(payloadBytes), burst: \(burst)"
        let padding = payloadBytes > 0 ? " padding" : ""
        var configuration = Configuration(
            upstream: try Endpoint(parsing: server.url),
            topics: [
                try TopicDefinition(name: "tick", document: "subscription { tick(\(arguments)) { n at\(padding) } }"),
                try TopicDefinition(name: "prices", document: "subscription { prices { symbol price at } }"),
                try TopicDefinition(
                    name: "countdown",
                    document: "subscription { countdown(from: 10, intervalMs: 1000) }"
                ),
            ],
            shards: downstream.shards
        )
        // The demo server is on this machine.
        configuration.session.usesProxies = false
        configuration.session.authorityFile = upstreamTlsCertificate
        configuration.retrySubscribe = try Backoff(parsing: "exponential(base: 2, factor: 250ms, max: 5s) jitter: full")
        demand.apply(to: &configuration)
        try listen.apply(to: &configuration)
        try downstream.apply(to: &configuration)
        limits.apply(to: &configuration)
        try access.apply(to: &configuration)
        try operators.apply(to: &configuration)
        return RunSettings(
            configuration,
            log: log,
            downstream: downstream,
            access: access,
            operators: operators
        )
    }

    /// Starts the demo server.
    private func startServer() async throws -> DemoServer {
        var identity: ServerIdentity?
        if let upstreamTlsCertificate, let upstreamTlsKey {
            do {
                identity = try TLSFiles(certificate: upstreamTlsCertificate, key: upstreamTlsKey).read()
            } catch {
                let option = error.isKey ? "--upstream-tls-key" : "--upstream-tls-certificate"
                throw Failure(line: "\(option): \(error)", exitCode: EX_CONFIG)
            }
        }
        do {
            return try await DemoServer(host: upstreamListen.host, port: upstreamListen.port, identity: identity)
        } catch {
            throw Failure(line: "--upstream-listen: \(error)", exitCode: EX_OSERR)
        }
    }

    private func lines(_ relay: Relay) -> DemoLines {
        let place = relay.operatorListeners.first
        return DemoLines(
            at: relay.listeners[0],
            certificate: listen.listen[0].certificate ?? listen.tlsCertificate,
            operators: place.map { ($0, operators.adminListen[0].certificate ?? listen.tlsCertificate) }
        )
    }

    private func announce(_ relay: Relay, _ server: DemoServer) {
        LineQueue.output.write(
            """
            \(StartLine(relay))

            A made-up GraphQL server at \(server.url) has the subscriptions tick, prices and countdown,
            and the queries serverTime and continent(code:). The relay holds one link to it, with one operation for each
            subscription, and passes them on to \(access.asksForTokens ? "whoever has a token" : "everybody").

            \(lines(relay))

            Ctrl-C ends it.

            """
        )
    }
}
