/// The ids of a client's active operations, in the order in which they began.
///
/// Many clients have few of them: with a single id, the usual case, nothing is allocated.
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

    /// Whether an id is active.
    ///
    /// Ids are compared as bytes, since Swift's `==` equates different spellings of a character.
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

    /// Removes an id; false if it wasn't active.
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

    /// Removes and returns all ids.
    mutating func removeAll() -> [String] {
        defer { self = .none }
        return inOrder
    }

    /// The id of a message; nil if it is missing, empty, not text, or longer than the limit in UTF-8.
    static func decode(_ message: Message, in bytes: Span<UInt8>, limit: UInt16) -> String? {
        // Escapes make an id up to six times as long as its text; this check limits how much is decoded.
        guard message.hasValidID, message.id.contents.count / 6 <= Int(limit),
            let id = JSONString.decodeExactly(message.id, in: bytes), id.utf8.count <= Int(limit)
        else { return nil }
        return id
    }
}
