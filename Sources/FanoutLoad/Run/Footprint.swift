/// What opening the connections cost the watched server.
struct Footprint {
    /// How many connections were opened.
    var connections: Int
    /// The server's processor time before the first connection and after the last.
    var processorBefore: Duration
    var processorAfter: Duration
    /// Its resident bytes before the first connection, and after the last while nothing is sent.
    var residentBefore: Int
    var residentAfter: Int

    /// The server's processor time for each connection.
    var handshake: Duration { (processorAfter - processorBefore) / connections }

    /// The server's resident bytes for each connection, while nothing is sent.
    var bytes: Double { Double(residentAfter - residentBefore) / Double(connections) }
}

extension Footprint {
    /// Computed from samples before the first connection and after the last.
    init?(before: ServerProbe.Sample, after: ServerProbe.Sample, connections: Int) {
        guard connections > 0 else { return nil }
        self.init(
            connections: connections,
            processorBefore: before.processor,
            processorAfter: after.processor,
            residentBefore: before.resident,
            residentAfter: after.resident
        )
    }

    /// Updates the memory once the server is idle.
    mutating func noteRest(_ sample: ServerProbe.Sample) {
        residentAfter = sample.resident
    }
}
