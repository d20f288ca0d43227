/// What opening the connections cost the watched server.
struct Footprint {
    /// How many connections were opened.
    let connections: Int
    /// The server's processor time for each connection.
    let handshake: Duration
    /// The server's resident bytes for each connection, while nothing is sent.
    private(set) var bytes: Double

    private let residentBefore: Int

    /// Computed from samples before the first connection and after the last.
    init?(before: ServerProbe.Sample, after: ServerProbe.Sample, connections: Int) {
        guard connections > 0 else { return nil }
        self.connections = connections
        handshake = (after.processor - before.processor) / connections
        residentBefore = before.resident
        bytes = Double(after.resident - before.resident) / Double(connections)
    }

    /// Updates the memory once the server is idle.
    mutating func noteRest(_ sample: ServerProbe.Sample) {
        bytes = Double(sample.resident - residentBefore) / Double(connections)
    }
}
