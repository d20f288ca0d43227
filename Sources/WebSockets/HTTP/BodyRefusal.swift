/// Why the body of a request wasn't taken.
package enum BodyRefusal: String, CaseIterable, Sendable {
    /// Its length isn't told as it is expected here.
    case framing
    /// It is larger than allowed.
    case size
    /// Too much was being sent by all clients together.
    case crowd
    /// It didn't arrive in time.
    case timeout

    /// Of the answer's status.
    init(status: Int) {
        self =
            switch status {
            case 413: .size
            case 503: .crowd
            default: .framing
            }
    }
}
