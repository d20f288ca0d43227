package import Wire

/// What a server answers to a handshake.
package enum UpgradeDecision: Sendable {
    /// What was found out by a decision.
    package typealias Context = any AnyObject & Sendable

    /// Complete it; what was found out is handed to `opened`, with the request.
    case accept(context: Context? = nil)
    /// Answer over HTTP instead, with a 4xx or 5xx status and one line of text.
    case refuse(status: Int, reason: String, headers: [HTTPField] = [])

    /// Completes it, with nothing to remember.
    package static var accept: UpgradeDecision { .accept() }
}
