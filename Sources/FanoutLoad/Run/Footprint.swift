/// What opening the connections cost the watched server.
struct Footprint {
    /// The connections opened.
    let connections: Int
    /// Its processor time for each connection.
    let handshake: Duration
    /// Its resident bytes for each connection, while nothing is sent.
    private(set) var bytes: Double

    private let residentBefore: Int

    /// From the moments before the first connection and after the last.
    init?(before: ServerProbe.Sample, after: ServerProbe.Sample, connections: Int) {
        guard connections > 0 else { return nil }
        self.connections = connections
        handshake = (after.processor - before.processor) / connections
        residentBefore = before.resident
        bytes = Double(after.resident - before.resident) / Double(connections)
    }

    /// Takes the memory again once the server has come to rest.
    mutating func noteRest(_ sample: ServerProbe.Sample) {
        bytes = Double(sample.resident - residentBefore) / Double(connections)
    }
}
