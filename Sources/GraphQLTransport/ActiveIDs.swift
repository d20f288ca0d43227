/// The ids of a client's operations that run, in the order in which they began.
///
/// There are few of them and many clients: a plain array takes the least room.
struct ActiveIDs {
    /// The ids, oldest first.
    private(set) var inOrder: [String] = []

    var count: Int { inOrder.count }

    func contains(_ id: String) -> Bool { index(of: id) != nil }

    mutating func append(_ id: String) { inOrder.append(id) }

    /// Takes an id out and says whether it was there.
    mutating func remove(_ id: String) -> Bool {
        guard let index = index(of: id) else { return false }
        inOrder.remove(at: index)
        return true
    }

    /// Takes all ids out.
    mutating func removeAll() -> [String] {
        defer { inOrder = [] }
        return inOrder
    }

    /// The id of a message; nil if it is missing, empty, not text, or has more bytes of UTF-8 than the limit.
    static func decode(_ message: Message, in bytes: Span<UInt8>, limit: UInt32) -> String? {
        // Escapes make an id up to six times as long as its text: the check in front bounds the decoding.
        guard message.hasValidID, message.id.contents.count / 6 <= Int(limit),
            let id = JSONString.decodeExactly(message.id, in: bytes), id.utf8.count <= Int(limit)
        else { return nil }
        return id
    }

    /// Ids are compared as bytes: to Swift's `==`, "é" in one scalar and in two would be the same.
    private func index(of id: String) -> Int? {
        inOrder.firstIndex { $0.utf8.elementsEqual(id.utf8) }
    }
}
