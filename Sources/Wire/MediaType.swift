/// A media type with its parameters (RFC 9110, section 8.3.1), as `Content-Type` has one and `Accept` a list of them.
package struct MediaType {
    /// Type and subtype in lower case, such as `application/json`; empty when there is none.
    package let name: String
    private let parameters: [String]

    /// Reads a header's value; never fails, since what isn't a type equals none that is known.
    package init(_ text: Substring) {
        let parts = text.split(separator: ";", omittingEmptySubsequences: false)
        name = parts.first?.trimmingBlanks.lowercased() ?? ""
        parameters = parts.dropFirst().map { $0.trimmingBlanks.lowercased() }
    }

    /// The values of a parameter whose name is given in lower case, themselves in lower case and without quotes.
    package func values(of parameter: String) -> [String] {
        parameters.compactMap { text in
            guard text.hasPrefix(parameter + "=") else { return nil }
            let value = text.dropFirst(parameter.count + 1)
            guard value.count >= 2, value.first == "\"", value.last == "\"" else { return String(value) }
            return String(value.dropFirst().dropLast())
        }
    }
}
