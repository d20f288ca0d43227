import ArgumentParser
import CommandSupport

/// `fanout-load floor`: the plain server that others are measured against.
struct FloorCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "floor",
        abstract: "Be the plain server: epoll, TCP_NODELAY, and one send for each client and event.",
        discussion: """
            Every client that opens a WebSocket, on any path, gets every event, in the frames of fanout.v1.json with n and at \
            in the payload. On SIGTERM, SIGINT, or when its time is up, it says what it did and what processor time that took.

            EXAMPLES
              The price of a send, in two terminals:

                fanout-load floor --listen 127.0.0.1:9001 --rate 50
                fanout-load run ws://127.0.0.1:9001/topics/tick --connections 1000

              As fast as it can, at most 8 events on their way:

                fanout-load floor --listen 127.0.0.1:9001 --saturate 8
                fanout-load run ws://127.0.0.1:9001/topics/tick --connections 1000 --acknowledge
            """
    )

    @Option(
        help: "Where to listen: HOST:PORT.",
        as: Flags.value(BindAddress.self)
    )
    var listen = BindAddress("127.0.0.1:9001")!

    @OptionGroup var pace: PaceOptions

    @Flag(help: "Begin only when a client has acknowledged, as run --acknowledge does once all its readers are there.")
    var hold = false

    @Option(
        help: "When to end.",
        as: Flags.duration(from: .milliseconds(100))
    )
    var duration = Flags.longest

    @Flag(help: "Write the last words as one JSON object.")
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
    /// Processor seconds for a million sends, the handshakes included; nil if there were none.
    var cost: Double? {
        sends == 0 ? nil : (processor.user + processor.system) / .seconds(1) / Double(sends) * 1e6
    }
}
