/// A message to publish.
///
/// Its headers aren't free: the place where a stream has to end is the only condition that servers of all versions
/// judge right. `Nats-Expected-Last-Subject-Sequence` lets everybody win at a replicated stream of 2.9.10, and a
/// `Nats-Expected-Last-Msg-Id` that doesn't match leaves one of 2.15.1 without a leader for good.
struct NATSOutgoing: Sendable, Hashable {
    static let lastSequenceHeader = "Nats-Expected-Last-Sequence"

    let subject: String
    let reply: String?
    /// The stream's last sequence that is expected.
    let lastSequence: UInt64?
    let payload: [UInt8]

    /// The bytes that the server holds against its `max_payload`: headers and payload.
    var size: Int { payload.count + headerSize }

    /// `NATS/1.0`, the header and an empty line, each with its line end.
    private var headerSize: Int {
        guard let lastSequence else { return 0 }
        return 10 + Self.lastSequenceHeader.utf8.count + 2 + "\(lastSequence)".utf8.count + 2 + 2
    }

    /// What it counts for in the bounds of queues, in bytes.
    var weight: Int { payload.count + 256 }
}

/// Why something wasn't sent; it certainly reached nobody.
package enum NATSRefusal: Error, Sendable, Hashable, CustomStringConvertible {
    /// There is no connection to a server now.
    case notConnected
    /// The link is closed.
    case closed
    /// Headers and payload together are larger than the server's `max_payload`.
    case tooLarge(size: Int, limit: Int)
    /// Too much waits to be written already.
    case outboxFull
    /// Too many requests wait for their answers.
    case tooManyRequests

    package var description: String {
        switch self {
        case .notConnected: "not connected to a NATS server"
        case .closed: "the link is closed"
        case .tooLarge(let size, let limit): "\(size) bytes, where the server takes \(limit) (max_payload)"
        case .outboxFull: "too much waits to be written"
        case .tooManyRequests: "too many requests wait for answers"
        }
    }
}
