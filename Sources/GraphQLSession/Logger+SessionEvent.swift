#if Logging
internal import Logging

extension Logger {
    /// Logs a change in the life of a session; what is of interest only to who looks into it, at `debug`.
    func log(_ event: SessionEvent) {
        switch event {
        case .connecting(let attempt):
            debug("connecting", metadata: ["attempt": "\(attempt)"])
        case .connected(let generation):
            info("connected", metadata: ["link": "\(generation)"])
        case .disconnected(let failure, let wait):
            warning("disconnected", metadata: ["reason": "\(failure)", "retry-in": "\(wait)"])
        case .ended(let failure):
            error("gave up", metadata: ["reason": "\(failure)"])
        case .closed:
            info("closed")
        }
    }
}
#endif
