/// How a request delimits its body (RFC 9112, section 6).
///
/// It is read strictly here, because libwebsockets 4.1.6 accepts a negative length, and ignores transfer codings.
package enum BodyFraming: Equatable {
    /// There is no body.
    case none
    /// This many bytes; a number that is too large becomes `Int.max`.
    case length(Int)
    /// In chunks; the end is found by reading them.
    case chunked
    /// In an unknown transfer coding.
    case unknownCoding
    /// Content-Length isn't a number, or comes with a transfer coding, which would allow request smuggling.
    case invalid

    package init(contentLength: String?, transferEncoding: String?) {
        guard let transferEncoding else {
            self = contentLength.map(Self.init(length:)) ?? .none
            return
        }
        if contentLength != nil {
            self = .invalid
        } else {
            self = transferEncoding.lowercased() == "chunked" ? .chunked : .unknownCoding
        }
    }

    private init(length text: String) {
        guard !text.isEmpty, text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) else {
            self = .invalid
            return
        }
        self = .length(Int(text) ?? .max)
    }
}
