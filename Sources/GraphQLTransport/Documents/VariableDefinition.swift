/// A variable that an operation declares; reads its value from a plain text.
package struct VariableDefinition: Sendable, Hashable {
    /// Its name, without the dollar sign.
    package let name: String
    /// Its type as written, without white space, such as `[Int!]!`.
    package let type: String
    /// Its default value in canonical form; nil without one.
    let defaultLiteral: String?

    /// Whether it has a default value.
    package var hasDefault: Bool { defaultLiteral != nil }

    /// Its default value as JSON; nil without one.
    package var defaultValue: [UInt8]? { defaultLiteral.flatMap { ConstantValue.json(of: Array($0.utf8)) } }

    /// Whether a request must give it a value.
    package var isRequired: Bool { type.hasSuffix("!") && !hasDefault }

    /// The JSON of a value that was given as text; nil if the type doesn't accept it.
    ///
    /// `String` and `ID` accept any text; `Int`, `Float` and `Boolean` accept their own values; a list accepts JSON.
    /// Any other type accepts JSON too, and other text becomes a string, so that enum values and dates need no quotes.
    package func value(of text: String) -> [UInt8]? {
        let bytes = Array(text.utf8)
        let kind = (try? JSONScanner.scan(bytes.span))?.kind
        switch type.hasSuffix("!") ? String(type.dropLast()) : type {
        case "String", "ID": return JSONString.encode(text)
        case "Int": return Int32(text).map { Array("\($0)".utf8) }
        case "Float": return kind == .number ? bytes : nil
        case "Boolean": return kind == .boolean ? bytes : nil
        case let list where list.hasPrefix("["): return kind == nil ? nil : bytes
        default: return kind == nil ? JSONString.encode(text) : bytes
        }
    }
}
