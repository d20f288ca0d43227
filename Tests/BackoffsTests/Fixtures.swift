import Synchronization

@testable import Backoffs

/// An error with a name.
struct Failure: Error, Equatable {
    var name: String

    init(_ name: String = "failure") {
        self.name = name
    }
}

/// Collects what concurrent code has to tell, in order.
final class Record<Entry: Sendable>: Sendable {
    private let storage = Mutex<[Entry]>([])

    var entries: [Entry] { storage.withLock { $0 } }

    func append(_ entry: Entry) {
        storage.withLock { $0.append(entry) }
    }
}

extension BackoffSchedule.Decision {
    var wait: Duration? {
        guard case .retry(let wait) = self else { return nil }
        return wait
    }
}

extension StreamEvent {
    /// The event as a word, for comparison.
    var word: String {
        switch self {
        case .next(let element): "\(element)"
        case .interrupted(.completion): "interrupted by completion"
        case .interrupted(.failure(let error)): "interrupted by \((error as? Failure)?.name ?? "\(error)")"
        case .resumed: "resumed"
        case .ended(.completed): "completed"
        case .ended(.gaveUp(let reason, let last)):
            "gave up: \(reason), \((last.error as? Failure)?.name ?? "completion")"
        }
    }
}
