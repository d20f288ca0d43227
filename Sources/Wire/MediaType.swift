/// A media type with its parameters (RFC 9110, section 8.3.1): `Content-Type` has one, `Accept` a list of them.
package struct MediaType {
    /// Type and subtype in lower case, such as `application/json`; empty when there is none.
    package let name: String
    private let parameters: [String]

    /// Reads a header's value; it never fails, since an invalid type equals no known one.
    package init(_ text: Substring) {
        let parts = text.split(separator: ";", omittingEmptySubsequences: false)
        name = parts.first?.trimmingBlanks.lowercased() ?? ""
        parameters = parts.dropFirst().map { $0.trimmingBlanks.lowercased() }
    }

    /// The values of a parameter, in lower case and without quotes; its name is given in lower case.
    package func values(of parameter: String) -> [String] {
        parameters.compactMap { text in
            guard text.hasPrefix(parameter + "=") else { return nil }
            let value = text.dropFirst(parameter.count + 1)
            guard value.count >= 2, value.first == "\"", value.last == "\"" else { return String(value) }
            return String(value.dropFirst().dropLast())
        }
    }
}
