internal import GraphQLTransport

/// The declared type of a variable that takes a claim's value: a scalar, nullable or not.
enum BoundType: Hashable {
    /// Text, or a whole number, which becomes text: both are one id.
    case id
    case string
    /// A whole number of 32 bits.
    case int
    case float
    case boolean
    /// Any other name: the server knows whether the claim's scalar is one of its values.
    case custom

    /// The type as a document declares it; nil for a list.
    init?(declared type: String) {
        guard !type.hasPrefix("[") else { return nil }
        switch type.hasSuffix("!") ? String(type.dropLast()) : type {
        case "ID": self = .id
        case "String": self = .string
        case "Int": self = .int
        case "Float": self = .float
        case "Boolean": self = .boolean
        default: self = .custom
        }
    }

    /// Why a claim gives no value.
    enum Lack: Error {
        /// It is null or empty.
        case empty
        /// It is of another type.
        case type
    }

    /// The variable's value for a claim, both as JSON.
    func value(of claim: [UInt8]) throws(Lack) -> [UInt8] {
        let bytes = claim.span
        guard let token = try? JSONScanner.scan(bytes) else { throw .type }
        switch token.kind {
        case .absent, .null: throw .empty
        case .object, .array: throw .type
        case .boolean:
            guard self == .boolean || self == .custom else { throw .type }
        case .number: return try number(Array(claim[token.range]))
        case .string:
            guard self == .id || self == .string || self == .custom,
                let text = JSONString.decodeExactly(token, in: bytes)
            else { throw .type }
            guard !text.isEmpty else { throw .empty }
            return JSONString.encode(text)
        }
        return Array(claim[token.range])
    }

    private func number(_ written: [UInt8]) throws(Lack) -> [UInt8] {
        let text = String(decoding: written, as: UTF8.self)
        let isWhole = !text.utf8.contains { [UInt8(ascii: "."), UInt8(ascii: "e"), UInt8(ascii: "E")].contains($0) }
        switch self {
        case .id:
            guard isWhole else { throw .type }
            return JSONString.encode(text)
        case .int:
            guard isWhole, Int32(text) != nil else { throw .type }
        case .float:
            guard let value = Double(text), value.isFinite else { throw .type }
        case .custom: break
        case .string, .boolean: throw .type
        }
        return written
    }
}
