package import NATSLink

/// What the streams and subjects of a group are called: its name was checked, so that they can be.
extension ClusterConfiguration {
    /// The stream of a partition's log, as it has to be.
    package func stream(_ partition: Int) -> StreamConfiguration {
        StreamConfiguration(
            name: "fanout-\(name)-\(partition)",
            subjects: [logSubject(of: partition)].compactMap(\.self),
            republishedTo: outSubject(of: partition),
            storage: storage,
            replicas: replicas,
            maximumBytes: historyBytes,
            maximumAge: historyAge
        )
    }

    /// What leaders append to.
    func logSubject(of partition: Int) -> NATSSubject? { subject("log", "\(partition)") }

    /// What everybody reads: the server publishes there what it has stored.
    func outSubject(of partition: Int) -> NATSSubject? { subject("out", "\(partition)") }

    /// Where relays say which topics they want.
    func askSubject(of partition: Int) -> NATSSubject? { subject("ask", "\(partition)") }

    /// Where relays say that they live.
    var nodeSubject: NATSSubject? { subject("node") }

    private func subject(_ kind: String, _ rest: String...) -> NATSSubject? {
        try? NATSSubject((["fanout", kind, name] + rest).joined(separator: "."))
    }
}
