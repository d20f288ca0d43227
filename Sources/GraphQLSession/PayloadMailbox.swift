internal import GraphQLTransport
internal import Synchronization
internal import WebSockets

/// What the link leaves for the one reader of a subscription; everything that waits comes out as one batch.
///
/// Bounded in bytes. When a reader falls behind, the oldest is dropped and counted, so that a gap is never silent.
final class PayloadMailbox: Sendable {
    private struct State {
        var pending: NumberedPayloads
        var end: Ending?
        var reader: Reader?

        mutating func turn() -> Turn {
            if !pending.isEmpty { return .give(pending.take()) }
            if let end { return .end(end) }
            return .wait
        }
    }

    /// How the stream ends.
    private enum Ending {
        case completed
        case failed(any Error)
    }

    private typealias Reader = CheckedContinuation<Void, Never>

    private enum Turn {
        case give(PayloadBatch)
        case end(Ending)
        case wait
    }

    private let limit: Int
    private let state: Mutex<State>

    /// - Parameter hasTokens: Whether the link's server numbers the events.
    init(limit: Int, hasTokens: Bool = false) {
        self.limit = limit
        state = Mutex(State(pending: NumberedPayloads(hasTokens: hasTokens)))
    }

    /// Adds a payload of a message.
    func append(_ payload: Range<Int>, of message: Span<UInt8>) {
        let payload = message.extracting(payload)
        let reader = state.withLock { state -> Reader? in
            guard state.end == nil else { return nil }
            state.pending.append(payload, limit: limit, at: EventLoop.now)
            return state.reader.take()
        }
        // The reader takes what waits when it runs: what else arrives until then comes with it.
        reader?.resume()
    }

    /// Ends the stream after what waits: with nil as completed.
    func finish(_ error: (any Error)?) {
        let reader = state.withLock { state -> Reader? in
            guard state.end == nil else { return nil }
            state.end = error.map(Ending.failed) ?? .completed
            return state.reader.take()
        }
        reader?.resume()
    }

    /// Takes everything that waits, or waits for something; nil after completion.
    ///
    /// - Throws: What it was finished with; `CancellationError` when the task is cancelled while it waits.
    func take(isolation actor: isolated (any Actor)?) async throws -> PayloadBatch? {
        while true {
            switch state.withLock({ $0.turn() }) {
            case .give(let batch): return batch
            case .end(.failed(let error)): throw error
            case .end(.completed): return nil
            case .wait: break
            }
            await wait(isolation: actor) { finish(CancellationError()) }
            try Task.checkCancellation()
        }
    }

    /// True when nothing waits to be taken, and nothing will come.
    var isOver: Bool { state.withLock { $0.pending.isEmpty && $0.end != nil } }

    /// Waits until there is something to take, or until it is woken; takes nothing.
    func arrival(isolation actor: isolated (any Actor)?) async { await wait(isolation: actor) { wake() } }

    /// Has the reader look again.
    func wake() {
        state.withLock { $0.reader.take() }?.resume()
    }

    private func wait(isolation actor: isolated (any Actor)?, onCancel: @Sendable () -> Void) async {
        await withTaskCancellationHandler {
            await withCheckedContinuation(isolation: actor) { continuation in
                let mustWait = state.withLock { state in
                    guard state.pending.isEmpty, state.end == nil, !Task.isCancelled else { return false }
                    precondition(state.reader == nil, "a subscription has one reader")
                    state.reader = continuation
                    return true
                }
                if !mustWait { continuation.resume() }
            }
        } onCancel: {
            onCancel()
        }
    }
}
