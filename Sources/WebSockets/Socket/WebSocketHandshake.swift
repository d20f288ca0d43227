/// What a socket needs only until it is open: kept apart, so that an open one has no room for it.
///
/// Used on its loop's thread only.
final class WebSocketHandshake {
    /// The handshake that is under way, as a server sees it.
    var request: UpgradeRequest?
    /// Whether the request's head was judged before libwebsockets got it.
    var isJudged = false
    /// The body of a plain request that is on its way.
    var arrivingBody: ArrivingBody?
    /// What was read of the connection up to its last plain request; nil before the first.
    var readBytes: UInt64?
    /// Whether nothing is read because an answer is awaited or on its way.
    var isHeld = false
    /// Sends the rest of an answer.
    var drain: AnswerDrain?
    /// Notices that the client leaves while its answer is awaited.
    var peerWatch: PeerWatch?
    /// What is to be done when it has left before its answer.
    var clientLeft: (() -> Void)?
    /// Whether it has.
    private(set) var hasClientLeft = false
    /// Whether the client of the plain request that is served knows interim answers: HTTP/1.1.
    var takesInterim = false
    /// Whether the connection ends with that request's answer.
    var isLast = false
    /// The client that dials.
    var client: WebSocketClient?
    /// What is to be done when the answer to a plain request is out, or nobody is left to read it.
    var transactionEnded: (() -> Void)?

    /// The client has left.
    func leave() {
        hasClientLeft = true
        let left = clientLeft
        clientLeft = nil
        left?()
    }

    /// Does what is to be done at the end of an answer, once.
    func endTransaction() {
        let ended = transactionEnded
        transactionEnded = nil
        ended?()
    }
}
