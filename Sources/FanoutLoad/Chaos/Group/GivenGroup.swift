/// Relays that somebody else runs: the operator's commands are the faults, and clients are all that is looked at.
final class GivenGroup: ChaosGroup {
    /// How long a command may take.
    private static let patience = Duration.seconds(120)

    private let faults: [GivenFault]
    private let gapless: Set<String>
    private let directory: String
    private let loop: ChaosLoop
    private var running: Subject?

    /// - Parameter gapless: Faults at which no gap may be told.
    init(_ edges: [Endpoint], _ faults: [GivenFault], gapless: [String], directory: String, loop: ChaosLoop) {
        (self.faults, self.gapless) = (faults, Set(gapless))
        (self.directory, self.loop) = (directory, loop)
        loop.edges = edges
    }

    func start() {}

    func end() {
        running?.end()
        running = nil
    }

    func perform(_ fault: String, _ draw: Draw, begun: (Int?) -> Void) throws {
        guard let given = faults.first(where: { $0.name == fault }) else { return }
        let log = "\(directory)/fault-\(fault).log"
        let command = Subject(fault, "/bin/sh", ["-c", given.command], log: log)
        running = command
        defer { end() }
        begun(nil)
        try command.start()
        guard try loop.wait(atMost: Self.patience, until: { !command.isRunning }) else {
            throw FaultTrouble(description: "the command of \(fault) doesn't end")
        }
        if let code = command.code, code != 0 {
            throw FaultTrouble(description: "the command of \(fault) ended with \(code)")
        }
    }

    func trouble() -> String? { nil }

    func mayTellGap(_ fault: String) -> Bool { !gapless.contains(fault) }
}
