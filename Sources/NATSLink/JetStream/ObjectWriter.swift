internal import GraphQLTransport

/// Writes the members of one JSON object.
struct ObjectWriter {
    private var body: [UInt8] = []

    /// The object.
    var bytes: [UInt8] { [UInt8(ascii: "{")] + body + [UInt8(ascii: "}")] }

    mutating func text(_ name: String, _ value: String) { raw(name, JSONString.encode(value)) }

    mutating func number(_ name: String, _ value: some BinaryInteger) { raw(name, Array("\(value)".utf8)) }

    mutating func truth(_ name: String, _ value: Bool) { raw(name, Array("\(value)".utf8)) }

    mutating func texts(_ name: String, _ values: [String]) {
        let elements = values.map(JSONString.encode).joined(separator: [UInt8(ascii: ",")])
        raw(name, [UInt8(ascii: "[")] + Array(elements) + [UInt8(ascii: "]")])
    }

    /// Adds a member whose value is JSON already.
    mutating func raw(_ name: String, _ value: [UInt8]) {
        if !body.isEmpty { body.append(UInt8(ascii: ",")) }
        JSONString.append(name, to: &body)
        body.append(UInt8(ascii: ":"))
        body += value
    }
}
