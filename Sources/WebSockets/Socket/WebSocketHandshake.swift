/// What a socket needs only until it is open; kept apart to save the memory of open sockets.
///
/// Used on its loop's thread only.
final class WebSocketHandshake {
    /// The handshake in progress, on the server's side.
    var request: UpgradeRequest?
    /// What the decision over it has to say to `opened`.
    var context: UpgradeDecision.Context?
    /// Which of the listener's bindings the connection came to.
    var binding = 0
    /// Whether a trusted proxy tells that the client speaks https.
    var usesHTTPS = false
    /// Set while the connection goes back to the listener with the answer.
    var returning: ReturningConnection?
    /// Whether the request's head was checked before libwebsockets got it.
    var isJudged = false
    /// The body of a plain request that is still arriving.
    var arrivingBody: ArrivingBody?
    /// How many bytes of the connection had been read at its last plain request; nil before the first.
    var readBytes: UInt64?
    /// Whether reading is paused, since an answer is awaited or being sent.
    var isHeld = false
    /// Sends the rest of an answer.
    var drain: AnswerDrain?
    /// Notices that the client leaves before its answer.
    var peerWatch: PeerWatch?
    /// Runs when the client leaves before its answer.
    var clientLeft: (() -> Void)?
    /// Whether the client has left.
    private(set) var hasClientLeft = false
    /// Whether the client understands interim responses: it uses HTTP/1.1.
    var takesInterim = false
    /// Whether the connection ends after the answer to this request.
    var isLast = false
    /// Whether we end it then, of which libwebsockets knows nothing.
    var endsWithAnswer = false
    /// The client that dials.
    var client: WebSocketClient?
    /// Runs when an answer to a plain request is sent, or its client has left.
    var transactionEnded: (() -> Void)?

    /// Notes that the client has left.
    func leave() {
        hasClientLeft = true
        let left = clientLeft
        clientLeft = nil
        left?()
    }

    /// Runs `transactionEnded`, once.
    func endTransaction() {
        let ended = transactionEnded
        transactionEnded = nil
        ended?()
    }
}
