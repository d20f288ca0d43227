/// The extension with which a client names a document by its hash instead of sending it:
/// `{"persistedQuery":{"version":1,"sha256Hash":"…"}}`, as automatic persisted queries have it.
package struct PersistedQuery: Sendable, Hashable {
    /// The SHA-256 of the document's text, as 64 lower-case digits.
    package let hash: [UInt8]

    /// Reads it from a request's extensions, a validated JSON object; nil without one that is as it should be.
    package init?(_ extensions: [UInt8]?) {
        guard let extensions else { return nil }
        let bytes = extensions.span
        let member = JSONScanner.member("persistedQuery", of: extensions.indices, in: bytes)
        guard member.kind == .object else { return nil }
        let version = JSONScanner.member("version", of: member.range, in: bytes)
        let hash = JSONScanner.member("sha256Hash", of: member.range, in: bytes)
        guard version.kind == .number, extensions[version.range].elementsEqual("1".utf8),
            let text = JSONString.decodeExactly(hash, in: bytes), text.utf8.count == 64
        else { return nil }
        var digits: [UInt8] = []
        for byte in text.utf8 {
            guard JSONScanner.hexadecimalValue(byte) != nil else { return nil }
            digits.append(byte | 0x20)
        }
        self.hash = digits
    }

    /// Whether a scanned message names a document by this extension, rightly or not.
    package static func isNamed(by message: Message, in bytes: Span<UInt8>) -> Bool {
        message.extensions.kind == .object
            && JSONScanner.member("persistedQuery", of: message.extensions.range, in: bytes).kind == .object
    }

    /// Whether extensions that were read name a document, rightly or not.
    package static func isNamed(by extensions: [UInt8]?) -> Bool {
        extensions.map { JSONScanner.member("persistedQuery", of: $0.indices, in: $0.span).kind == .object } ?? false
    }
}
