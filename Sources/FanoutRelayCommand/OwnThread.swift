import Glibc

/// Runs what blocks on a thread of its own, so that it takes none of the few that all tasks share.
enum OwnThread {
    /// Returns or throws what `body` does.
    static func run<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            let work = Work { continuation.resume(with: Result { try body() }) }
            let box = unsafe Unmanaged.passRetained(work).toOpaque()
            var thread = pthread_t()
            let code = unsafe pthread_create(&thread, nil, runWork, box)
            guard code == 0 else {
                unsafe Unmanaged<Work>.fromOpaque(box).release()
                return continuation.resume(throwing: ThreadError(code: code))
            }
            pthread_detach(thread)
        }
    }

    fileprivate final class Work: Sendable {
        let body: @Sendable () -> Void

        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }
}

/// The machine has no more threads.
struct ThreadError: Error, CustomStringConvertible {
    let code: Int32

    /// One line.
    var description: String { "no thread: \(unsafe String(cString: strerror(code)))" }
}

private func runWork(_ argument: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    guard let argument = unsafe argument else { return nil }
    unsafe Unmanaged<OwnThread.Work>.fromOpaque(argument).takeRetainedValue().body()
    return nil
}
