internal import WebSockets

/// How much of the results of clients' queries and mutations may wait for clients to read them.
public struct AnswerLimits: Sendable {
    /// Most bytes that wait for all clients together; 64 MiB by default.
    ///
    /// The last eighth is kept for answers of at most 64 KiB.
    public var bytes = 64 << 20
    /// Most bytes that wait for one connection; 16 MiB by default, so the largest single answer too.
    public var bytesPerClient = 16 << 20
    /// How many bytes of an answer a client has to take a second; 512 by default.
    ///
    /// One that takes less, on the average of ``readInterval``, is closed with 1013, or cut off over HTTP.
    public var slowestReader = 512
    /// Over which time it is measured; 15 s by default.
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

    /// What is asked of a reader.
    var pace: ReadingPace.Rule {
        let seconds = readInterval / .seconds(1)
        return ReadingPace.Rule(bytes: max(1, Int(Double(slowestReader) * seconds)), interval: readInterval)
    }
}
