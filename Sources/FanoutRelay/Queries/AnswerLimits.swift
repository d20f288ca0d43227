internal import WebSockets

/// How many bytes of answers to clients' queries and mutations may wait, and how fast clients must read them.
public struct AnswerLimits: Sendable, Hashable {
    /// The most bytes that wait for all clients together; 64 MiB by default.
    ///
    /// The last eighth is reserved for answers of at most 64 KiB.
    public var bytes = 64 << 20
    /// The most bytes that wait for one connection, and so the largest answer; 16 MiB by default.
    public var bytesPerClient = 16 << 20
    /// How many bytes of an answer a client has to read each second; 512 by default.
    ///
    /// A client that reads less, averaged over ``readInterval``, is closed with 1013; over HTTP its connection is cut.
    public var slowestReader = 512
    /// The time over which the speed is averaged; 15 s by default.
    public var readInterval = Duration.seconds(15)

    /// The defaults.
    public init() {}

    func check() throws(ConfigurationError) {
        guard bytes >= 1 << 20, bytesPerClient >= 1024, bytesPerClient <= bytes else {
            throw ConfigurationError(
                description:
                    "answers: \(bytes) bytes in all, \(bytesPerClient) for one client: allowed are 1 MiB or more in "
                    + "all, and 1 KiB up to as many for one client"
            )
        }
        guard slowestReader >= 1, readInterval > .zero else {
            throw ConfigurationError(description: "answers: \(slowestReader) bytes a second: allowed is 1 or more")
        }
    }

    /// How fast a client must read.
    var pace: ReadingPace.Rule {
        let seconds = readInterval / .seconds(1)
        return ReadingPace.Rule(bytes: max(1, Int(Double(slowestReader) * seconds)), interval: readInterval)
    }
}
