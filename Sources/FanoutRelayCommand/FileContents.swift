import Synchronization

/// What files had that settings name by an `@`, as far as it takes to tell whether they have something else later.
final class FileContents: Sendable {
    /// Hashes of the contents, in the order in which they were read, by setting.
    private let hashes = Mutex<[String: [Int]]>([:])

    /// Notes the content of a file of an option such as `--topic`.
    func note(_ content: String, of option: String) {
        hashes.withLock { $0[String(option.dropFirst(2)), default: []].append(content.hashValue) }
    }

    /// The settings whose files have other contents than they had then.
    func differences(from other: FileContents) -> Set<String> {
        let (own, others) = (hashes.withLock(\.self), other.hashes.withLock(\.self))
        return Set(own.keys).union(others.keys).filter { own[$0] != others[$0] }
    }
}
