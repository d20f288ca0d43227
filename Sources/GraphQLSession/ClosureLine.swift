/// Which of the user's closures are asked next: one question is in flight at a time, one that was given up never is.
///
/// A value held by the session's actor.
struct ClosureLine {
    /// What the closures are asked for.
    enum Question: Equatable {
        /// What a dial needs, by the dial's number.
        case dial(Int)
        /// What requests over HTTP need, by their keys: those that wait together share one answer.
        case requests(Set<UInt64>)
    }

    /// What the closures are at; nobody may want its answer any more.
    private(set) var inFlight: Question?
    private var dial: Int?
    private var requests: Set<UInt64> = []

    /// A dial needs an answer; the one before doesn't any more.
    mutating func want(dial number: Int) { dial = number }

    /// A request needs an answer.
    mutating func want(request key: UInt64) { requests.insert(key) }

    /// Nobody needs the answer for a dial any more; true when the closures are at it.
    mutating func giveUpDial() -> Bool {
        dial = nil
        if case .dial = inFlight { return true }
        return false
    }

    /// A request doesn't need its answer any more; true when the closures are at it for nobody else.
    mutating func giveUp(request key: UInt64) -> Bool {
        guard requests.remove(key) == nil, case .requests(var keys) = inFlight, keys.remove(key) != nil else {
            return false
        }
        inFlight = .requests(keys)
        return keys.isEmpty
    }

    /// Whether a dial's question waits or is in flight.
    func wantsDial(_ number: Int) -> Bool { dial == number || inFlight == .dial(number) }

    /// The question to ask now, if there is one and none is in flight; dials go first.
    mutating func next() -> Question? {
        guard inFlight == nil else { return nil }
        if let dial {
            inFlight = .dial(dial)
            self.dial = nil
        } else if !requests.isEmpty {
            inFlight = .requests(requests)
            requests = []
        }
        return inFlight
    }

    /// The closures have returned, or thrown: what they were asked for, less what was given up meanwhile.
    mutating func answered() -> Question? { inFlight.take() }
}
