/// How a request says where its body ends (RFC 9112, section 6).
///
/// Read here and strictly: libwebsockets 4.1.6 takes a negative length, and knows no transfer coding.
package enum BodyFraming: Equatable {
    /// There is no body.
    case none
    /// So many bytes; more than fits is `Int.max`.
    case length(Int)
    /// In chunks, whose end only a reader of them finds.
    case chunked
    /// In a transfer coding that is not known.
    case unknownCoding
    /// Content-Length is no number, or comes with a transfer coding, which is how requests are smuggled.
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
