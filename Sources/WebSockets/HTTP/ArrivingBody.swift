/// A request whose body is on its way, or what comes behind one that was refused.
final class ArrivingBody {
    enum Purpose {
        /// It belongs to a request.
        case request(HTTPRequest)
        /// It is read and forgotten, so that the client gets to read why: unread bytes would reset the connection.
        case refused
    }

    let purpose: Purpose
    /// When the last byte must have come.
    private let deadline: Duration
    private let limit: Int
    private var count = 0
    /// What has come of a request's body.
    private(set) var bytes: [UInt8] = []
    /// What they count; nil while that is nothing.
    var gathering: GatheringLedger.Gathering?

    /// - Parameters:
    ///   - limit: Most bytes that may come.
    ///   - timeout: How long it may take in all.
    init(_ purpose: Purpose, limit: Int, timeout: Duration) {
        self.purpose = purpose
        self.limit = limit
        deadline = EventLoop.now + timeout
    }

    /// Takes a piece; false when it is too much or too late.
    func take(_ piece: UnsafeBufferPointer<UInt8>) -> Bool {
        count += piece.count
        guard count <= limit, EventLoop.now <= deadline else { return false }
        if case .request = purpose { unsafe bytes.append(contentsOf: piece) }
        return true
    }
}
