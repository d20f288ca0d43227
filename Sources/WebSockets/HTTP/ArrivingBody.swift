/// The body of a request that is still arriving, or the rest of a refused one.
final class ArrivingBody {
    enum Purpose {
        /// The body of this request.
        case request(HTTPRequest)
        /// Read and discarded: unread bytes would reset the connection, and the client would lose the answer.
        case refused
    }

    let purpose: Purpose
    /// When the last byte must have arrived.
    private let deadline: Duration
    private let limit: Int
    private var count = 0
    /// The bytes of a request's body that have arrived.
    private(set) var bytes: [UInt8] = []
    /// Counts these bytes; nil while there are too few to count.
    var gathering: GatheringLedger.Gathering?

    /// - Parameters:
    ///   - limit: The most bytes that may arrive.
    ///   - timeout: How long the whole body may take.
    init(_ purpose: Purpose, limit: Int, timeout: Duration) {
        self.purpose = purpose
        self.limit = limit
        deadline = EventLoop.now + timeout
    }

    /// Takes a piece; false when it exceeds the limit or comes too late.
    func take(_ piece: UnsafeBufferPointer<UInt8>) -> Bool {
        count += piece.count
        guard count <= limit, EventLoop.now <= deadline else { return false }
        if case .request = purpose { unsafe bytes.append(contentsOf: piece) }
        return true
    }
}
