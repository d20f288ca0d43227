/// An operation that is refused because the link broke twice while it ran.
struct QuarantinedOperation: Error, CustomStringConvertible {
    /// For how much longer it is refused.
    let time: Duration

    private var seconds: Int64 { time.components.seconds + (time.components.attoseconds > 0 ? 1 : 0) }

    var description: String { failure.message }

    /// The failure that clients get.
    var failure: RelayFailure {
        RelayFailure(
            .quarantined,
            "the link to the server broke twice at this operation: it is refused for \(seconds) s",
            retryAfter: seconds
        )
    }

    /// The failure as a JSON array of GraphQL errors.
    var errors: [UInt8] { failure.errors }
}
