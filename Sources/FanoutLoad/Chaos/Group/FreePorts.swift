/// Ports for programs that are started more than once.
///
/// They lie below those that the kernel takes for outgoing connections, so that none is taken while its program is
/// down.
struct FreePorts {
    private static let range: ClosedRange<UInt16> = 12_000...31_999
    private var given: Set<UInt16> = []

    /// A port of 127.0.0.1 that is free, and wasn't given before.
    mutating func next() throws(ChildProcess.Failure) -> UInt16 {
        for _ in 0..<1000 {
            let port = UInt16.random(in: Self.range)
            guard !given.contains(port), let address = Address(host: "127.0.0.1", port: port),
                let socket = try? address.listen()
            else { continue }
            socket.close()
            given.insert(port)
            return port
        }
        throw ChildProcess.Failure(description: "no port from \(Self.range) is free")
    }
}
