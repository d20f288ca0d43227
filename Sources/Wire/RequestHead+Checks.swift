/// Checks that concern several fields of a head.
extension RequestHead {
    /// Requires one valid Host (RFC 9112, section 3.2); the parser has refused more than one.
    func checkHost() throws(RequestHeadError) {
        guard let host = range(of: .host) else {
            if minorVersion == 0 { return }
            throw .missingHost
        }
        guard AuthorityText(host, in: bytes.span) != nil else { throw .host }
    }

    /// Requires a body framing that every server reads alike (RFC 9112, section 6); otherwise requests could be
    /// smuggled.
    func checkFraming() throws(RequestHeadError) {
        let hasCoding = has(.transferEncoding)
        if hasCoding, minorVersion == 0 { throw .codingBeforeHTTP11 }
        guard let length = range(of: .contentLength) else { return }
        guard !length.isEmpty, bytes[length].allSatisfy(\.isDigit) else { throw .contentLength }
        if hasCoding { throw .lengthAndCoding }
    }

    /// Whether a body is announced.
    package var hasBody: Bool {
        if has(.transferEncoding) { return true }
        guard let length = range(of: .contentLength) else { return false }
        return bytes[length].contains { $0 != UInt8(ascii: "0") }
    }
}
