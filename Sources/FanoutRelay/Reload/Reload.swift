/// What came of a reload.
public struct Reload: Sendable, Hashable {
    /// A part of a configuration that stays as it was until the relay is started anew.
    public enum Fixed: String, Sendable, CaseIterable {
        /// The server.
        case upstream
        /// Where clients and operators come to.
        case listeners
        /// Which proxies are trusted, and the fields that are read of them.
        case proxies
        /// Which files have the certificate, the key and the authorities of clients; what is in them may change.
        case certificateFiles
        /// The number of shards.
        case shards
        /// The size of clients' send buffers.
        case sendBuffer
        /// The group that the relay is one of.
        case cluster
        /// The cookie that may carry a token.
        case tokenCookie
        /// The largest message of a client, and of all that are incomplete.
        case messageSizes
        /// Whether clients may run queries of their own, and how many run and wait.
        case execution
        /// More connections than at the start.
        case maximumConnections
        /// The first named query, or the first document of a query or mutation.
        case queries
        /// Credentials where all would be gone, or with the first hook or URL of a key set.
        case credentials
        /// More calls of the hook at a time than at the start.
        case hookCalls
        /// Operators' own tokens where they would be gone.
        case operatorTokens
    }

    /// The names of topics that are new.
    public var addedTopics: [String]
    /// The names of topics that are gone: their clients' operations were completed.
    public var removedTopics: [String]
    /// The names of topics with another operation than before: as removed, and added with the same name.
    public var replacedTopics: [String]
    /// The names of topics with other options than before.
    public var changedTopics: [String]
    /// What differs and needs a restart.
    public var needsRestart: Set<Fixed>

    package init(
        addedTopics: [String] = [],
        removedTopics: [String] = [],
        replacedTopics: [String] = [],
        changedTopics: [String] = [],
        needsRestart: Set<Fixed> = []
    ) {
        self.addedTopics = addedTopics
        self.removedTopics = removedTopics
        self.replacedTopics = replacedTopics
        self.changedTopics = changedTopics
        self.needsRestart = needsRestart
    }
}

/// A reload that can't be made now; nothing has changed.
public struct ReloadError: Error, Hashable, CustomStringConvertible {
    /// One line.
    public let description: String

    static let isDraining = ReloadError(description: "the relay is shutting down")
}
