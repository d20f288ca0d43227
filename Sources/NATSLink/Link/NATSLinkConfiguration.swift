package import Backoffs
package import WebSockets

/// Where a link connects to, as whom, and within which bounds.
package struct NATSLinkConfiguration: Sendable {
    /// As whom to connect; what is secret stands in files, which are read at each connect.
    package enum Credentials: Sendable, Hashable {
        case none
        /// A credentials file as `nsc` writes it, with a user's JWT and seed.
        case credentialsFile(String)
        /// A file with the seed of a user's nkey.
        case seedFile(String)
        /// A file with a token.
        case tokenFile(String)
        /// A user, and a file with the password.
        case passwordFile(user: String, path: String)
    }

    /// How much may wait for the loop, for each subscription; what arrives beyond it is dropped, and that is told.
    package struct PendingLimit: Sendable, Hashable {
        package var messages: Int
        package var bytes: Int

        package init(messages: Int = 65536, bytes: Int = 64 << 20) {
            self.messages = max(1, messages)
            self.bytes = max(1, bytes)
        }
    }

    /// The servers, of which any will do; servers that they name in turn are not connected to, so that credentials go
    /// nowhere but to these.
    package var servers: [NATSServer]
    /// How the servers' monitoring names this client.
    package var name = "fanout-relay"
    package var credentials = Credentials.none
    /// A PEM file of certificate authorities to trust besides the system's.
    package var authorityFile: String?
    /// The certificate to show to servers that ask for one.
    package var identity: TLSIdentity?
    /// How long to wait after none of the servers could be connected to.
    package var backoff = Backoff(waits: .exponential(factor: .milliseconds(250), max: .seconds(10)))
    /// How long connecting to one server may take.
    package var connectTimeout = Duration.seconds(2)
    /// How often a server must show that it lives; it is given up when two pings in a row stay unanswered.
    package var pingInterval = Duration.seconds(5)
    /// How long a server may take nothing of what is written to it.
    package var writeTimeout = Duration.seconds(5)
    /// How much may wait to be written, in bytes.
    package var outgoingLimit = 16 << 20
    /// How many requests may wait for answers.
    package var requestLimit = 4096
    /// What answers to requests may wait for the loop.
    package var answerLimit = PendingLimit()
    /// How the subjects of answers begin.
    package var inboxPrefix = "_INBOX"

    package init(servers: [NATSServer]) { self.servers = servers }
}
