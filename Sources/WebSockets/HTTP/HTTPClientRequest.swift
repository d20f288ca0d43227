internal import Glibc

/// A POST to send with `HTTPClient`.
package struct HTTPClientRequest: Sendable {
    /// The URL: `http` or `https`.
    package var url: String
    /// Headers without control characters.
    package var headers: [HTTPHeader]
    /// The body.
    package var body: [UInt8]
    /// How long it may take in all; nil sets no limit.
    ///
    /// 10 s by default.
    package var timeout: Duration? = .seconds(10)
    /// How long resolving, connecting and TLS may take together; 10 s by default.
    package var connectTimeout = Duration.seconds(10)
    /// Where a proxy is looked up; the process's environment by default.
    package var proxies = ProxyEnvironment()
    /// A PEM file of the authorities to trust instead of the system's.
    package var authorityFile: String?
    /// The largest body taken, in bytes, after decompression.
    ///
    /// 16 MiB by default.
    package var maximumResponseSize = 16 << 20
    /// Whether the server may get it twice; true by default.
    ///
    /// On a connection that was kept libcurl sends a request again, by itself, when the server closes without an answer;
    /// false takes a new connection to rule that out.
    package var isRepeatable = true

    /// Makes a request with the defaults' limits.
    package init(url: String, headers: [HTTPHeader], body: [UInt8]) {
        self.url = url
        self.headers = headers
        self.body = body
    }

    /// Why it can't be sent; nil if it can.
    var flaw: String? {
        let isPlain = { (text: String, lowest: UInt8) in text.utf8.allSatisfy { $0 >= lowest && $0 != 0x7F } }
        if url.isEmpty || !isPlain(url, 0x21) { return "the URL has characters that no URL has" }
        for header in headers {
            let isName =
                !header.name.isEmpty && isPlain(header.name, 0x21) && !header.name.contains { ":;".contains($0) }
            guard isName, isPlain(header.value, 0x20) else {
                return "the header \(header.name.debugDescription) has characters that no header has"
            }
        }
        if let authorityFile, unsafe access(authorityFile, R_OK) != 0 {
            return "can't read the CA file \(authorityFile): \(errnoText(errno))"
        }
        return nil
    }
}
