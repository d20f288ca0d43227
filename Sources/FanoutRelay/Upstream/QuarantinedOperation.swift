/// An operation that is refused since the server broke the link with it, twice.
struct QuarantinedOperation: Error, CustomStringConvertible {
    /// For how long it is refused from now on.
    let time: Duration

    private var seconds: Int64 { time.components.seconds + (time.components.attoseconds > 0 ? 1 : 0) }

    var description: String { failure.message }

    /// What clients are told.
    var failure: RelayFailure {
        RelayFailure(
            .quarantined,
            "the link to the server broke twice at this operation: it is refused for \(seconds) s",
            retryAfter: seconds
        )
    }

    /// The same as a JSON array of GraphQL errors.
    var errors: [UInt8] { failure.errors }
}
