internal import GraphQLTransport

/// The claims of a token whose signature was found good (RFC 7519, section 4).
struct ClaimSet {
    let bytes: [UInt8]
    private let members: [(name: String, value: JSONToken)]

    /// Reads an object in which no name occurs twice, at any depth.
    init(_ bytes: [UInt8]) throws(TokenRefusal) {
        guard !JSONScanner.hasDuplicateMembers(bytes.span), let object = try? JSONObject(bytes.span) else {
            throw .malformed
        }
        self.bytes = bytes
        members = object.members
    }

    /// Whether there is a member of this name, whatever it is.
    func has(_ name: String) -> Bool { member(name) != nil }

    /// A claim that is text; nil without it.
    func text(_ name: String) throws(TokenRefusal) -> String? {
        guard let member = member(name) else { return nil }
        guard let text = JSONString.decodeExactly(member, in: bytes.span) else { throw .malformed }
        return text
    }

    /// A claim that is a point in time, in seconds since 1970, perhaps with a fraction (section 2, NumericDate).
    func time(_ name: String) throws(TokenRefusal) -> Double? {
        guard let member = member(name) else { return nil }
        guard member.kind == .number, let time = Double(String(decoding: bytes[member.range], as: UTF8.self)),
            time.isFinite
        else { throw .malformed }
        return time
    }

    /// A claim that is one text or an array of texts, such as `aud`; nil without it.
    func texts(_ name: String) throws(TokenRefusal) -> [String]? {
        guard let member = member(name) else { return nil }
        return try Self.texts(Array(bytes[member.range])) { [$0] }
    }

    /// A claim that is words with spaces between them (RFC 8693, section 4.2) or an array of texts; nil without it.
    ///
    /// One that is there with another type is refused: as if it were absent it would permit more.
    func words(at path: String) throws(TokenRefusal) -> [String]? {
        guard let value = Self.find(path, members, in: bytes) else { return nil }
        return try Self.texts(value) { $0.split(separator: " ").map(String.init) }
    }

    /// An object of the claims at these paths, each under its path as one name.
    func kept(_ paths: [String]) -> [UInt8] {
        var output: [UInt8] = []
        for path in paths {
            guard let value = Self.find(path, members, in: bytes) else { continue }
            output.append(output.isEmpty ? UInt8(ascii: "{") : UInt8(ascii: ","))
            JSONString.append(path, to: &output)
            output.append(UInt8(ascii: ":"))
            output += value
        }
        return output.isEmpty ? Identity.noClaims : output + [UInt8(ascii: "}")]
    }

    /// The JSON text of a member; nil without it.
    func value(_ name: String) -> [UInt8]? { member(name).map { Array(bytes[$0.range]) } }

    private func member(_ name: String) -> JSONToken? { members.first { $0.name.isExactly(name) }?.value }

    private static func texts(_ value: [UInt8], of one: (String) -> [String]) throws(TokenRefusal) -> [String] {
        guard let token = try? JSONScanner.scan(value.span) else { throw .malformed }
        if let text = JSONString.decodeExactly(token, in: value.span) { return one(text) }
        guard let array = JSONArray(value.span) else { throw .malformed }
        var texts: [String] = []
        for element in array.elements {
            guard let text = JSONString.decodeExactly(element, in: value.span) else { throw .malformed }
            texts.append(text)
        }
        return texts
    }

    /// The JSON text of what is at a path in an object; nil when there is nothing.
    ///
    /// The whole path as one name comes first, since namespaces of claims are often URLs.
    static func find(_ path: String, in object: [UInt8]) -> [UInt8]? {
        guard let members = try? JSONObject(object.span).members else { return nil }
        return find(path, members, in: object)
    }

    private static func find(
        _ path: String,
        _ members: [(name: String, value: JSONToken)],
        in object: [UInt8]
    ) -> [UInt8]? {
        if let whole = members.first(where: { $0.name.isExactly(path) }) { return Array(object[whole.value.range]) }
        for dot in path.indices where path[dot] == "." {
            let first = String(path[..<dot])
            for member in members where member.value.kind == .object && member.name.isExactly(first) {
                let rest = String(path[path.index(after: dot)...])
                if let found = find(rest, in: Array(object[member.value.range])) { return found }
            }
        }
        return nil
    }
}
