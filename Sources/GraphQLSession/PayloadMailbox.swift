internal import GraphQLTransport
internal import Synchronization

/// What the link leaves for the one reader of a subscription; everything that waits comes out as one batch.
///
/// Bounded in bytes. When a reader falls behind, the oldest is dropped and counted, so that a gap is never silent.
final class PayloadMailbox: Sendable {
    @safe private struct State {
        var pending = WaitingPayloads()
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

    private typealias Reader = UnsafeContinuation<Void, Never>

    private enum Turn {
        case give(PayloadBatch)
        case end(Ending)
        case wait
    }

    private let limit: Int
    private let state = Mutex(State())

    init(limit: Int) { self.limit = limit }

    /// Adds a payload of a message.
    func append(_ payload: Range<Int>, of message: Span<UInt8>) {
        let reader = unsafe message.extracting(payload).withUnsafeBufferPointer { bytes in
            nonisolated(unsafe) let bytes = unsafe bytes
            return unsafe state.withLock { state -> Reader? in
                guard state.end == nil else { return nil }
                unsafe state.pending.append(bytes, limit: limit)
                defer { unsafe state.reader = nil }
                return unsafe state.reader
            }
        }
        // The reader takes what waits when it runs: what else arrives until then comes with it.
        unsafe reader?.resume()
    }

    /// Ends the stream after what waits: with nil as completed.
    func finish(_ error: (any Error)?) {
        let reader = unsafe state.withLock { state -> Reader? in
            guard state.end == nil else { return nil }
            state.end = error.map(Ending.failed) ?? .completed
            defer { unsafe state.reader = nil }
            return unsafe state.reader
        }
        unsafe reader?.resume()
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
        let reader = unsafe state.withLock { state -> Reader? in
            defer { unsafe state.reader = nil }
            return unsafe state.reader
        }
        unsafe reader?.resume()
    }

    private func wait(isolation actor: isolated (any Actor)?, onCancel: @Sendable () -> Void) async {
        await withTaskCancellationHandler {
            unsafe await withUnsafeContinuation(isolation: actor) { continuation in
                let mustWait = state.withLock { state in
                    guard state.pending.isEmpty, state.end == nil, !Task.isCancelled else { return false }
                    unsafe precondition(state.reader == nil, "a subscription has one reader")
                    unsafe state.reader = continuation
                    return true
                }
                if !mustWait { unsafe continuation.resume() }
            }
        } onCancel: {
            onCancel()
        }
    }
}
