/// A subject of NATS: tokens with dots between them.
///
/// libnats writes the subject of a publication into its protocol as it is, so what isn't one mustn't reach it.
package struct NATSSubject: Sendable, Hashable, CustomStringConvertible {
    /// It is empty or too long, or has an empty token, white space, or a wildcard within a token.
    package struct Invalid: Error, Sendable, Hashable, CustomStringConvertible {
        package let text: String
        package var description: String { "'\(text)' is no subject of NATS" }
    }

    /// The most bytes: a server takes 4,096 for the line that has the subject, the reply and the sizes.
    package static let maximumSize = 1024

    /// The subject as NATS writes it.
    package let text: String
    /// Whether it has wildcards, so that it can be subscribed to but nothing can be published to it.
    package let isPattern: Bool

    package init(_ text: String) throws(Invalid) {
        guard !text.isEmpty, text.utf8.count <= Self.maximumSize, text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F })
        else { throw Invalid(text: text) }
        let tokens = text.split(separator: ".", omittingEmptySubsequences: false)
        for (index, token) in tokens.enumerated() {
            let isWildcard = token == "*" || (token == ">" && index == tokens.count - 1)
            guard !token.isEmpty, isWildcard || !token.contains(where: { $0 == "*" || $0 == ">" }) else {
                throw Invalid(text: text)
            }
        }
        self.text = text
        isPattern = tokens.contains { $0 == "*" || $0 == ">" }
    }

    package var description: String { text }
}
