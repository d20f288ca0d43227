package import Wire

/// What a server answers to a handshake.
package enum UpgradeDecision: Sendable, Equatable {
    /// Complete it.
    case accept
    /// Answer over HTTP instead, with a 4xx or 5xx status and one line of text.
    case refuse(status: Int, reason: String, headers: [HTTPField] = [])
}
