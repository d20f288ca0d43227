/// What a link tells its owner, in order.
package enum NATSLinkEvent: Sendable, Hashable {
    /// It is connected; what was published since the last time may have been missed by the subscriptions, which are
    /// told so themselves.
    case connected(NATSServerInfo, isAgain: Bool)
    /// None of the servers could be connected to, each with its reason; the next try is made after the wait.
    case connectFailed(reasons: [String], retryAfter: Duration)
    /// The connection is lost; a new one is being made.
    case disconnected(reason: String)
    /// The server is about to end and will disconnect its clients.
    case lameDuck
    /// The server or libnats complains, and the connection stays.
    case fault(String)
    /// Nothing will be told any more: `close` was called, the loop stops, or the back-off gave up for the reasons.
    case closed(reasons: [String])
}

/// What is known of a server that is connected.
package struct NATSServerInfo: Sendable, Hashable {
    /// Its address as configured.
    package let server: NATSServer
    /// What it calls itself, anew with each start.
    package let identifier: String
    /// Most bytes of the headers and the payload of a message.
    package let maximumPayload: Int

    package init(server: NATSServer, identifier: String, maximumPayload: Int) {
        self.server = server
        self.identifier = identifier
        self.maximumPayload = maximumPayload
    }
}
