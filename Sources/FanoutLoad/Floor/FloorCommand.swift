import ArgumentParser
import CommandSupport

/// `fanout-load floor`: a plain server to measure others against.
struct FloorCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "floor",
        abstract: "Run a plain server to compare with: epoll, TCP_NODELAY, and one send for each client and event.",
        discussion: """
            Every client that opens a WebSocket, on any path, gets every event, in the frames of fanout.v1.json with n \
            and at in the payload. On SIGTERM, SIGINT, or at the end of its time, it prints what it did and its \
            processor time.

            EXAMPLES
              The price of a send, in two terminals:

                fanout-load floor --listen 127.0.0.1:9001 --rate 50
                fanout-load run ws://127.0.0.1:9001/topics/tick --connections 1000

              As fast as possible, with at most 8 events in flight:

                fanout-load floor --listen 127.0.0.1:9001 --saturate 8
                fanout-load run ws://127.0.0.1:9001/topics/tick --connections 1000 --acknowledge
            """
    )

    @Option(
        help: "The address to listen on: HOST:PORT.",
        as: Flags.value(BindAddress.self)
    )
    var listen = BindAddress("127.0.0.1:9001")!

    @OptionGroup var pace: PaceOptions

    @Flag(help: "Begins only when a client acknowledges, as run --acknowledge does once all its readers are connected.")
    var hold = false

    @Option(
        help: "How long to serve.",
        as: Flags.duration(from: .milliseconds(100))
    )
    var duration = Flags.longest

    @Flag(help: "Prints the results as one JSON object.")
    var json = false

    func validate() throws {
        try pace.validatePace()
    }

    func run() throws {
        DescriptorLimit.raise()
        Interruption.install()
        var server = try FloorServer(
            FloorPlan(
                listen: listen.address,
                pace: pace.pace,
                size: pace.size,
                isHeld: hold || pace.saturate != nil,
                duration: duration
            )
        )
        StandardStream.error.write("the floor listens on port \(server.port)\n")
        let outcome = try server.serve()
        StandardStream.output.write(json ? Self.json(outcome) : Self.text(outcome))
    }

    private static func text(_ outcome: FloorServer.Outcome) -> String {
        let processor = outcome.processor
        return """
            \(NumberText.grouped(outcome.events)) events, \(NumberText.grouped(outcome.sends)) sends to \
            \(NumberText.grouped(outcome.accepted)) clients, \(NumberText.grouped(outcome.dropped)) dropped
            own CPU \(NumberText.fine(processor.user / .seconds(1))) s user, \
            \(NumberText.fine(processor.system / .seconds(1))) s system; \
            \(outcome.cost.map { NumberText.fine($0) } ?? "-") s for a million sends

            """
    }

    private static func json(_ outcome: FloorServer.Outcome) -> String {
        JSONText.object([
            "events": "\(outcome.events)",
            "sends": "\(outcome.sends)",
            "bytes": "\(outcome.bytes)",
            "clients": "\(outcome.accepted)",
            "dropped": "\(outcome.dropped)",
            "userSeconds": JSONText.number(outcome.processor.user / .seconds(1)),
            "systemSeconds": JSONText.number(outcome.processor.system / .seconds(1)),
            "cpuSecondsPerMillionSends": outcome.cost.map(JSONText.number) ?? "null",
        ]) + "\n"
    }
}

extension FloorServer.Outcome {
    /// Processor seconds for a million sends, including the handshakes; nil without sends.
    var cost: Double? {
        sends == 0 ? nil : (processor.user + processor.system) / .seconds(1) / Double(sends) * 1e6
    }
}
