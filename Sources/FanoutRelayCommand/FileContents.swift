import Synchronization

/// What files had that settings name by an `@`, as far as it takes to tell whether they have something else later.
final class FileContents: Sendable {
    /// Hashes of the contents by setting and by file, whose order is no content.
    private let hashes = Mutex<[String: [String: Int]]>([:])

    /// Notes the content of a file of an option such as `--topic`.
    func note(_ content: String, in path: String, of option: String) {
        hashes.withLock { $0[String(option.dropFirst(2)), default: [:]][path] = content.hashValue }
    }

    /// The settings whose files have other contents than they had then.
    func differences(from other: FileContents) -> Set<String> {
        let (own, others) = (hashes.withLock(\.self), other.hashes.withLock(\.self))
        return Set(own.keys).union(others.keys).filter { own[$0] != others[$0] }
    }
}
