internal import GraphQLTransport

/// The members of a JSON object of JetStream's API, by name; unknown ones are passed over.
struct APIAnswer {
    /// Most bytes of an answer that is read.
    static let maximumSize = 1 << 20

    private let bytes: [UInt8]
    private let members: [String: JSONToken]

    /// Reads an object; throws `rejected` for one that has an error in it.
    init(_ bytes: [UInt8]) throws(JetStreamFailure) {
        guard bytes.count <= Self.maximumSize else { throw .malformed("\(bytes.count) bytes") }
        do throws(ScanError) {
            // Of duplicate members the last one counts.
            members = Dictionary(try JSONObject(bytes.span).members) { $1 }
        } catch {
            throw .malformed(error.description)
        }
        self.bytes = bytes
        if let error = try object("error") {
            throw .rejected(
                JetStreamError(
                    code: Int(clamping: try error.number("code") ?? 0),
                    errorCode: Int(clamping: try error.number("err_code") ?? 0),
                    text: try error.text("description") ?? "an error without a description"
                )
            )
        }
    }

    /// The value of a member that isn't null.
    private func token(_ name: String) -> JSONToken? {
        guard let token = members[name], !token.isAbsentOrNull else { return nil }
        return token
    }

    private func raw(_ token: JSONToken) -> [UInt8] { Array(bytes[token.range]) }

    func object(_ name: String) throws(JetStreamFailure) -> APIAnswer? {
        guard let token = token(name) else { return nil }
        guard token.kind == .object else { throw .malformed("\(name) is no object") }
        return try APIAnswer(raw(token))
    }

    func text(_ name: String) throws(JetStreamFailure) -> String? {
        guard let token = token(name) else { return nil }
        guard let text = JSONString.decode(token, in: bytes.span) else { throw .malformed("\(name) is no text") }
        return text
    }

    /// A whole number that isn't negative.
    func number(_ name: String) throws(JetStreamFailure) -> UInt64? {
        guard let token = token(name) else { return nil }
        guard token.kind == .number, let number = UInt64(String(decoding: raw(token), as: UTF8.self)) else {
            throw .malformed("\(name) is no whole number from 0 to \(UInt64.max)")
        }
        return number
    }

    /// A whole number; a limit that JetStream writes as -1 is nil.
    func limit(_ name: String) throws(JetStreamFailure) -> UInt64? {
        if let token = token(name), raw(token).first == UInt8(ascii: "-") { return nil }
        return try number(name)
    }

    func truth(_ name: String) throws(JetStreamFailure) -> Bool? {
        guard let token = token(name) else { return nil }
        guard token.kind == .boolean else { throw .malformed("\(name) is neither true nor false") }
        return bytes[token.range.lowerBound] == UInt8(ascii: "t")
    }

    func texts(_ name: String) throws(JetStreamFailure) -> [String]? {
        guard let token = token(name) else { return nil }
        let value = raw(token)
        guard let array = JSONArray(value.span) else { throw .malformed("\(name) is no array") }
        var texts: [String] = []
        for element in array.elements {
            guard let text = JSONString.decode(element, in: value.span) else {
                throw .malformed("\(name) has something that is no text")
            }
            texts.append(text)
        }
        return texts
    }

    /// A member that has to be there.
    func required<Value>(_ name: String, _ value: Value?) throws(JetStreamFailure) -> Value {
        guard let value else { throw .malformed("\(name) is missing") }
        return value
    }
}
