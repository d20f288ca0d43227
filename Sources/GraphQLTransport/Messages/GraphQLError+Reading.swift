extension GraphQLError {
    /// How many errors of an array are read, and how many elements of each one's lists.
    ///
    /// A message may be as large as the session allows, and each element takes more memory than it has bytes.
    package static let limit = 100

    /// Reads an array of errors out of bytes that hold nothing else; no array, or none that is JSON, has none.
    package static func read(_ bytes: Span<UInt8>) -> [GraphQLError] {
        guard let token = try? JSONScanner.scan(bytes, maximumDepth: JSONScanner.depthLimit) else { return [] }
        return elements(of: token, in: bytes).compactMap { GraphQLError($0, in: bytes) }
    }

    private init?(_ error: JSONToken, in bytes: Span<UInt8>) {
        guard error.kind == .object else { return nil }
        let message = JSONScanner.member("message", of: error.range, in: bytes)
        self.message = JSONString.decode(message, in: bytes) ?? Self.text(of: message, in: bytes)
        let steps = Self.elements(of: JSONScanner.member("path", of: error.range, in: bytes), in: bytes)
        let path = steps.compactMap { PathElement($0, in: bytes) }
        // Half a path would name another field.
        self.path = path.count == steps.count && steps.count < Self.limit ? path : []
        locations = Self.elements(of: JSONScanner.member("locations", of: error.range, in: bytes), in: bytes)
            .compactMap { Location($0, in: bytes) }
        let extensions = JSONScanner.member("extensions", of: error.range, in: bytes)
        guard extensions.kind == .object else {
            (self.extensions, code) = (nil, nil)
            return
        }
        var copy: [UInt8] = []
        copy.append(bytes, in: extensions.range)
        self.extensions = copy
        code = JSONString.decode(JSONScanner.member("code", of: extensions.range, in: bytes), in: bytes)
    }

    /// The first elements of an array of validated bytes; anything else has none.
    private static func elements(of array: JSONToken, in bytes: Span<UInt8>) -> [JSONToken] {
        guard array.kind == .array else { return [] }
        var tokens: [JSONToken] = []
        do {
            var position = array.range.lowerBound
            var elements = try JSONElements(bytes, &position, depth: JSONScanner.depthLimit)
            while tokens.count < limit, try elements.next(bytes, &position) {
                tokens.append(try JSONScanner.value(bytes, &position, depth: JSONScanner.depthLimit))
            }
        } catch {
            return []
        }
        return tokens
    }

    /// A value as it was sent, cut: it may be of any size.
    private static func text(of token: JSONToken, in bytes: Span<UInt8>) -> String {
        var beginning: [UInt8] = []
        beginning.append(bytes, in: token.range.prefix(200))
        return String(decoding: beginning, as: UTF8.self)
    }
}

extension GraphQLError.PathElement {
    fileprivate init?(_ token: JSONToken, in bytes: Span<UInt8>) {
        if let name = JSONString.decode(token, in: bytes) {
            self = .field(name)
        } else if let index = Int(token, in: bytes), index >= 0 {
            self = .index(index)
        } else {
            return nil
        }
    }
}

extension GraphQLError.Location {
    fileprivate init?(_ token: JSONToken, in bytes: Span<UInt8>) {
        guard token.kind == .object,
            let line = Int(JSONScanner.member("line", of: token.range, in: bytes), in: bytes),
            let column = Int(JSONScanner.member("column", of: token.range, in: bytes), in: bytes)
        else { return nil }
        (self.line, self.column) = (line, column)
    }
}

extension Int {
    /// A number that is written as a whole one and fits.
    fileprivate init?(_ token: JSONToken, in bytes: Span<UInt8>) {
        guard token.kind == .number, token.range.count <= 20 else { return nil }
        var digits: [UInt8] = []
        digits.append(bytes, in: token.range)
        self.init(String(decoding: digits, as: UTF8.self))
    }
}
