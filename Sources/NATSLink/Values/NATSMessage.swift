/// A message that has arrived; the payload is copied once, out of libnats.
package struct NATSMessage: Sendable, Hashable {
    /// What it was published to.
    package var subject: String
    /// Where an answer goes.
    package var reply: String?
    package var headers: NATSHeaders
    package var payload: [UInt8]

    package init(subject: String, reply: String? = nil, headers: NATSHeaders = NATSHeaders(), payload: [UInt8] = []) {
        self.subject = subject
        self.reply = reply
        self.headers = headers
        self.payload = payload
    }

    /// What it counts for in the bounds of queues, in bytes.
    var weight: Int { payload.count + subject.utf8.count + 256 }
}

/// The headers of a message that somebody here reads; others are passed over.
package struct NATSHeaders: Sendable, Hashable {
    /// The longest value that is read, in bytes; a longer one counts as missing.
    static let maximumSize = 1024

    /// `Nats-Sequence`: the message's place in its stream.
    package var sequence: UInt64?
    /// `Nats-Last-Sequence`: the place of the message before it, of the same subject; in the end of a batch the
    /// stream's last.
    package var lastSequence: UInt64?
    /// `Nats-Num-Pending`: how many messages of the stream follow this one of a batch.
    package var pending: UInt64?
    /// `Nats-Subject`: what a message out of a stream was published to.
    package var subject: String?
    /// The status that stands in place of a message, such as 404.
    package var status: Int?
    /// What the server says of the status.
    package var statusText: String?

    package init(
        sequence: UInt64? = nil,
        lastSequence: UInt64? = nil,
        pending: UInt64? = nil,
        subject: String? = nil,
        status: Int? = nil,
        statusText: String? = nil
    ) {
        self.sequence = sequence
        self.lastSequence = lastSequence
        self.pending = pending
        self.subject = subject
        self.status = status
        self.statusText = statusText
    }

    /// Takes the headers that a lookup by name finds.
    init(_ value: (StaticString) -> String?) {
        sequence = value("Nats-Sequence").flatMap(Self.number)
        lastSequence = value("Nats-Last-Sequence").flatMap(Self.number)
        pending = value("Nats-Num-Pending").flatMap(Self.number)
        subject = value("Nats-Subject")
        status = value("Status").flatMap(Self.number).flatMap { Int(exactly: $0) }
        statusText = value("Description")
    }

    /// A number in digits alone: `UInt64(_:)` would take a sign too.
    private static func number(_ text: String) -> UInt64? {
        text.utf8.allSatisfy { $0 &- UInt8(ascii: "0") < 10 } ? UInt64(text) : nil
    }
}
