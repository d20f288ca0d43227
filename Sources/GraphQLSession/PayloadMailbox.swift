internal import GraphQLTransport
internal import Synchronization

/// What the link leaves for the one reader of a subscription; everything that waits comes out as one batch.
///
/// Bounded in bytes. When a reader falls behind, what waits is dropped and counted, so that a gap is never silent.
final class PayloadMailbox: Sendable {
    @safe private struct State {
        var pending = PayloadBatch()
        var end: SessionError??
        var reader: Reader?

        mutating func turn() -> Turn {
            guard pending.isEmpty else {
                defer { pending = PayloadBatch() }
                return .give(pending)
            }
            if let end { return .end(end) }
            return .wait
        }
    }

    private typealias Reader = UnsafeContinuation<Void, Never>

    private enum Turn {
        case give(PayloadBatch)
        case end(SessionError?)
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
                if unsafe state.pending.bytes.count + bytes.count > limit, !state.pending.isEmpty {
                    state.pending.dropAll()
                }
                unsafe state.pending.append(bytes)
                defer { unsafe state.reader = nil }
                return unsafe state.reader
            }
        }
        // The reader takes what waits when it runs: what else arrives until then comes with it.
        unsafe reader?.resume()
    }

    /// Ends the stream after what waits: with nil as completed.
    func finish(_ error: SessionError?) {
        let reader = unsafe state.withLock { state -> Reader? in
            guard state.end == nil else { return nil }
            state.end = .some(error)
            defer { unsafe state.reader = nil }
            return unsafe state.reader
        }
        unsafe reader?.resume()
    }

    /// Takes everything that waits, or waits for something; nil after completion.
    func take(isolation actor: isolated (any Actor)?) async throws(SessionError) -> PayloadBatch? {
        while true {
            switch state.withLock({ $0.turn() }) {
            case .give(let batch): return batch
            case .end(let error?): throw error
            case .end(nil): return nil
            case .wait: break
            }
            await wait(isolation: actor) { finish(.cancelled) }
            if Task.isCancelled { throw .cancelled }
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
