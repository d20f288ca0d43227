/// The ids of a client's operations that run, in the order in which they began.
///
/// There are few of them and many clients: one alone, the usual case, takes no room of its own.
enum ActiveIDs {
    case none
    case one(String)
    /// Oldest first.
    case many([String])

    /// No operation.
    init() { self = .none }

    /// The ids, oldest first.
    var inOrder: [String] {
        switch self {
        case .none: []
        case .one(let id): [id]
        case .many(let ids): ids
        }
    }

    var count: Int {
        switch self {
        case .none: 0
        case .one: 1
        case .many(let ids): ids.count
        }
    }

    /// Ids are compared as bytes: to Swift's `==`, "é" in one scalar and in two would be the same.
    func contains(_ id: String) -> Bool {
        switch self {
        case .none: false
        case .one(let only): only.utf8.elementsEqual(id.utf8)
        case .many(let ids): ids.contains { $0.utf8.elementsEqual(id.utf8) }
        }
    }

    mutating func append(_ id: String) {
        switch consume self {
        case .none: self = .one(id)
        case .one(let first): self = .many([first, id])
        case .many(var ids):
            ids.append(id)
            self = .many(ids)
        }
    }

    /// Takes an id out and says whether it was there.
    mutating func remove(_ id: String) -> Bool {
        guard contains(id) else { return false }
        switch consume self {
        case .none, .one: self = .none
        case .many(var ids):
            ids.removeAll { $0.utf8.elementsEqual(id.utf8) }
            self = .many(ids)
        }
        return true
    }

    /// Takes all ids out.
    mutating func removeAll() -> [String] {
        defer { self = .none }
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
}
