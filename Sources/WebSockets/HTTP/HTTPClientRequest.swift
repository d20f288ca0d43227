internal import Glibc
package import Wire

/// A request to send with `HTTPClient`.
package struct HTTPClientRequest: Sendable {
    /// The methods that are needed.
    package enum Method: Sendable {
        /// Without a body.
        case get
        case post
    }

    /// The method; POST by default.
    package var method = Method.post
    /// The URL: `http` or `https`.
    package var url: String
    /// Headers without control characters.
    package var headers: [HTTPField]
    /// The body.
    package var body: [UInt8]
    /// How long it may take in all; nil sets no limit.
    ///
    /// 10 s by default.
    package var timeout: Duration? = .seconds(10)
    /// How long resolving, connecting and TLS may take together; 10 s by default.
    package var connectTimeout = Duration.seconds(10)
    /// Where to look up a proxy; by default the process's environment.
    package var proxies = ProxyEnvironment()
    /// A PEM file of certificate authorities to trust instead of the system's.
    package var authorityFile: String?
    /// The certificate to show to a server that asks for one; none by default.
    package var identity: TLSIdentity?
    /// The largest body taken, in bytes, after decompression.
    ///
    /// 16 MiB by default.
    package var maximumResponseSize = 16 << 20
    /// Whether the server may get the request twice; true by default.
    ///
    /// When the server closes a reused connection without an answer, libcurl sends the request again by itself. False
    /// uses a new connection, which rules that out.
    package var isRepeatable = true

    /// Makes a GET with the default limits.
    package init(get url: String, headers: [HTTPField] = []) {
        self.init(url: url, headers: headers, body: [])
        method = .get
    }

    /// Makes a POST with the default limits.
    package init(url: String, headers: [HTTPField], body: [UInt8]) {
        self.url = url
        self.headers = headers
        self.body = body
    }

    /// Why the request can't be sent; nil if it can.
    var flaw: String? {
        if url.isEmpty || !url.utf8.allSatisfy({ $0 >= 0x21 && $0 != 0x7F }) {
            return "the URL has characters that no URL has"
        }
        for header in headers {
            if let flaw = header.flaw { return flaw }
            // libcurl takes a semicolon for the end of a name without a value.
            if header.name.contains(";") { return "the header \(header.name.debugDescription) has a semicolon" }
        }
        if let authorityFile, unsafe access(authorityFile, R_OK) != 0 {
            return "can't read the CA file \(authorityFile): \(errnoText(errno))"
        }
        return identity?.flaw
    }
}
