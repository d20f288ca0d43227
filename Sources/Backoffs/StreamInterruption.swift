/// Why a stream broke off.
public enum StreamInterruption: Sendable {
    /// It failed, or could not be opened.
    case failure(any Error)

    /// It came to its end.
    case completion

    /// The error that the back-off and its handlers are given: the failure itself, or ``StreamCompleted``.
    public var error: any Error {
        switch self {
        case .failure(let error): error
        case .completion: StreamCompleted()
        }
    }
}
