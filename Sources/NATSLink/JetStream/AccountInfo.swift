/// What an account uses of JetStream and may use.
package struct AccountInfo: Sendable, Hashable {
    /// The bytes of its messages in memory.
    package let memory: UInt64
    /// The bytes of its messages in files.
    package let storage: UInt64
    package let streams: UInt64
    /// The most bytes in memory; nil is without limit.
    package let memoryLimit: UInt64?
    /// The most bytes in files; nil is without limit.
    package let storageLimit: UInt64?

    /// Whether the server answers batches of direct gets: those do that tell the level of their API, from 2.11 on.
    package let answersBatches: Bool

    /// Reads the answer to `$JS.API.INFO`.
    package init(parsing bytes: [UInt8]) throws(JetStreamFailure) {
        let answer = try APIAnswer(bytes)
        memory = try answer.required("memory", try answer.number("memory"))
        storage = try answer.required("storage", try answer.number("storage"))
        streams = try answer.required("streams", try answer.number("streams"))
        answersBatches = try answer.object("api")?.number("level") != nil
        let limits = try answer.object("limits")
        memoryLimit = try limits?.limit("max_memory")
        storageLimit = try limits?.limit("max_storage")
    }
}
