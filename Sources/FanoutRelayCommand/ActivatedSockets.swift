/// The listening sockets that a service manager passes at the start, as sd_listen_fds(3) has them.
struct ActivatedSockets: Equatable {
    /// One of them.
    struct Socket: Equatable {
        let descriptor: Int32
        let name: String
    }

    /// Why what the environment says can't be used, in one line.
    struct Fault: Error, Equatable {
        let reason: String
    }

    /// The most sockets that are taken.
    static let limit = 256
    /// The descriptor of the first one.
    static let first: Int32 = 3

    /// In the order of their descriptors; none when they were passed to another process, or none were.
    let sockets: [Socket]

    /// Reads the three variables.
    ///
    /// - Parameter process: The id of this process: a child inherits the variables, but not the sockets.
    init(
        listenPID: String?,
        listenFDs: String?,
        names listenFDNames: String?,
        process: Int32
    ) throws(Fault) {
        guard let listenPID, let listenFDs else {
            sockets = []
            return
        }
        guard let owner = Self.number(listenPID), owner > 0 else {
            throw Fault(reason: "LISTEN_PID is no process id")
        }
        guard owner == process else {
            sockets = []
            return
        }
        guard let count = Self.number(listenFDs), (1...Int32(Self.limit)).contains(count) else {
            throw Fault(reason: "LISTEN_FDS is no number of 1 to \(Self.limit)")
        }
        let names = listenFDNames.map { $0.split(separator: ":", omittingEmptySubsequences: false).map(String.init) }
        if let names, names.count != Int(count) {
            throw Fault(reason: "LISTEN_FDNAMES has \(names.count) names for \(count) sockets")
        }
        sockets = (0..<count).map { index in
            Socket(descriptor: Self.first + index, name: names?[Int(index)] ?? "unknown")
        }
    }

    /// Those of a name; all without one.
    func named(_ name: String?) -> [Socket] {
        guard let name else { return sockets }
        return sockets.filter { $0.name == name }
    }

    private static func number(_ text: String) -> Int32? {
        // `Int32` itself would accept a sign.
        guard text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        return Int32(text)
    }
}
