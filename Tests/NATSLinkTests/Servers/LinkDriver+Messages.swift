#if Cluster
import NATSLink

extension LinkDriver {
    /// Subscribes; what arrives comes out of the stream.
    func deliveries(
        of subject: NATSSubject,
        limit: NATSLinkConfiguration.PendingLimit = NATSLinkConfiguration.PendingLimit()
    ) throws -> AsyncStream<NATSDelivery> {
        let (deliveries, told) = AsyncStream.makeStream(of: NATSDelivery.self)
        try use { link in _ = link.subscribe(to: subject, limit: limit) { told.yield($0) } }
        return deliveries
    }

    /// Answers each message of a subject with its own payload.
    func echo(_ subject: NATSSubject) throws {
        try use { link in
            _ = link.subscribe(to: subject) { delivery in
                guard case .messages(let messages) = delivery else { return }
                for message in messages {
                    if let reply = message.reply { _ = link.publish(message.payload, to: .of(reply)) }
                }
            }
        }
    }

    /// Waits until the server has taken everything that was said to it so far.
    func settle() async throws { _ = try await ask("", at: "nobody.is.here") }
}

extension AsyncStream<NATSDelivery> {
    /// The first messages, in order; a loss ends the test.
    func messages(_ count: Int) async -> [NATSMessage] {
        var messages: [NATSMessage] = []
        for await delivery in self {
            guard case .messages(let more) = delivery else { return messages }
            messages += more
            if messages.count >= count { break }
        }
        return messages
    }
}
#endif
