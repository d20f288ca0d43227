internal import GraphQLTransport

/// The variables of a request.
struct QueryVariables {
    private var values: [String: QueryValue] = [:]

    /// Reads a JSON object, or null; nil means no variables.
    init(_ raw: [UInt8]?) throws(QueryError) {
        do {
            // The canonical form has no white space, which makes splitting it simple.
            let canonical = try CanonicalJSON.object(raw)
            guard canonical.first == UInt8(ascii: "{") else { return }
            var position = 1
            while position < canonical.count, canonical[position] != UInt8(ascii: "}") {
                if canonical[position] == UInt8(ascii: ",") { position += 1 }
                let key = Self.end(of: canonical, from: position)
                let end = Self.end(of: canonical, from: key + 1)
                guard key < end else { return }
                if case .string(let name) = try Self.value(canonical[position..<key]) {
                    values[name] = try Self.value(canonical[key + 1..<end])
                }
                position = end
            }
        } catch {
            throw QueryError("the variables can't be read: \(error)")
        }
    }

    subscript(_ name: String) -> QueryValue? { values[name] }

    private static func value(_ bytes: ArraySlice<UInt8>) throws(ScanError) -> QueryValue {
        let bytes = Array(bytes)
        let token = try JSONScanner.scan(bytes.span)
        switch token.kind {
        case .absent, .null: return .null
        case .boolean: return .boolean(bytes.first == UInt8(ascii: "t"))
        case .number: return .number(String(decoding: bytes, as: UTF8.self))
        case .string: return .string(JSONString.decode(token, in: bytes.span) ?? "")
        case .object: return .other("an object")
        case .array:
            var elements: [QueryValue] = []
            var position = 1
            while position < bytes.count - 1 {
                if bytes[position] == UInt8(ascii: ",") { position += 1 }
                let end = end(of: bytes, from: position)
                guard end > position else { break }
                elements.append(try value(bytes[position..<end]))
                position = end
            }
            return .list(elements)
        }
    }

    /// The end of the valid JSON value that begins at an offset.
    private static func end(of bytes: [UInt8], from start: Int) -> Int {
        var depth = 0
        var position = start
        while position < bytes.count {
            switch bytes[position] {
            case UInt8(ascii: "\""):
                position += 1
                while position < bytes.count, bytes[position] != UInt8(ascii: "\"") {
                    position += bytes[position] == UInt8(ascii: "\\") ? 2 : 1
                }
            case UInt8(ascii: "["), UInt8(ascii: "{"): depth += 1
            case UInt8(ascii: "]"), UInt8(ascii: "}"):
                if depth == 0 { return position }
                depth -= 1
            case UInt8(ascii: ","), UInt8(ascii: ":"):
                if depth == 0 { return position }
            default: break
            }
            position += 1
        }
        return min(position, bytes.count)
    }
}
