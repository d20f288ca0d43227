#if Cluster
/// What a subscription is told, in order.
package enum NATSDelivery: Sendable, Hashable {
    case messages([NATSMessage])
    /// Some may be missing before this: more arrived than may wait, or there was no connection for a while.
    ///
    /// Mostly it stands right behind the last one before the hole. A loss that libnats tells of comes a little later.
    case missed
}

/// A link's subscriptions, which outlive its connections.
struct SubscriptionTable {
    private struct Entry {
        let subject: String
        let limit: NATSLinkConfiguration.PendingLimit
        let receive: (NATSDelivery) -> Void
    }

    private var entries: [Int: Entry] = [:]
    private var last = 0

    mutating func add(
        _ subject: String,
        limit: NATSLinkConfiguration.PendingLimit,
        receive: @escaping (NATSDelivery) -> Void
    ) -> NATSMailbox {
        last += 1
        entries[last] = Entry(subject: subject, limit: limit, receive: receive)
        return NATSMailbox(subscription: last, subject: subject, limit: limit)
    }

    mutating func remove(_ number: Int) { entries[number] = nil }

    /// New mailboxes for a new connection.
    var mailboxes: [NATSMailbox] {
        entries.sorted { $0.key < $1.key }.map { number, entry in
            NATSMailbox(subscription: number, subject: entry.subject, limit: entry.limit)
        }
    }

    /// Gives a subscription what it hasn't had; nothing if it is over, which it may be from within.
    func deliver(_ delivery: NATSDelivery, to number: Int) { entries[number]?.receive(delivery) }

    var numbers: [Int] { entries.keys.sorted() }
}

extension NATSLink {
    /// Subscribes to a subject, on this connection and on all that follow.
    ///
    /// - Parameters:
    ///   - limit: How much may wait for the loop.
    ///   - receive: Is given what arrives, on the loop.
    /// - Returns: The number that ends the subscription.
    package func subscribe(
        to subject: NATSSubject,
        limit: NATSLinkConfiguration.PendingLimit = NATSLinkConfiguration.PendingLimit(),
        receive: @escaping (NATSDelivery) -> Void
    ) -> Int {
        let mailbox = subscriptions.add(subject.text, limit: limit, receive: receive)
        if refusal == nil { connection?.subscribe(mailbox) }
        return mailbox.subscription
    }

    /// Ends a subscription; its receiver is called no more.
    package func unsubscribe(_ number: Int) {
        subscriptions.remove(number)
        connection?.unsubscribe(number)
    }

    /// Gives a mailbox's content to whom it concerns.
    func deliver(_ mailbox: NATSMailbox) {
        let (messages, isIncomplete) = mailbox.take()
        guard mailbox.subscription != Self.inboxNumber else { return messages.forEach(receiveAnswer) }
        if !messages.isEmpty { subscriptions.deliver(.messages(messages), to: mailbox.subscription) }
        if isIncomplete { subscriptions.deliver(.missed, to: mailbox.subscription) }
    }

    /// Tells all subscriptions that there was no connection for a while.
    func tellLosses() {
        // The table may change from within.
        for number in subscriptions.numbers { subscriptions.deliver(.missed, to: number) }
    }
}
#endif
