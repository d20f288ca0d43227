internal import CLibwebsockets

/// An HTTP proxy, as an environment variable names it.
package struct Proxy: Sendable, Equatable, CustomStringConvertible {
    /// A text that names no proxy; it may hold a password, and isn't kept.
    struct Malformed: Error, Equatable {
        let problem: String
    }

    /// How the proxy itself is spoken to: `http` unless the URL says otherwise, in small letters.
    package let scheme: String
    /// A name or a numeric address, without brackets.
    package let host: String
    /// The TCP port; as with curl, 1080 unless the URL has one, and 443 for `https`.
    package let port: UInt16
    /// What `Proxy-Authorization` says; nil without user information.
    package let authorization: String?
    /// The URL as it was given, password and all, for libcurl.
    let url: String

    /// What libcurl can speak to a proxy.
    private static let schemes = ["http", "https", "socks4", "socks4a", "socks5", "socks5h"]

    /// Reads a URL; its scheme may be missing, its path is of no account.
    init(parsing url: String) throws(Malformed) {
        self.url = url
        guard url.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw Malformed(problem: "a space, control or non-ASCII character must be percent-encoded")
        }
        var rest = url[...]
        if let mark = url.firstRange(of: "://") {
            scheme = url[..<mark.lowerBound].lowercased()
            rest = url[mark.upperBound...]
        } else {
            scheme = "http"
        }
        guard Self.schemes.contains(scheme) else {
            throw Malformed(problem: "its scheme must be one of \(Self.schemes.joined(separator: ", "))")
        }
        let authority = rest.prefix { !"/?#".contains($0) }
        // What looks like host and port then is user and password.
        guard !rest[authority.endIndex...].contains("@") else {
            throw Malformed(problem: "a / ? or # in user or password must be percent-encoded, and an @ in the path")
        }
        rest = authority
        if let at = rest.lastIndex(of: "@") {
            let parts = rest[..<at].split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            let user = try Self.percentDecoded(parts[0])
            let password = parts.count > 1 ? try Self.percentDecoded(parts[1]) : []
            authorization = "Basic " + Self.base64(user + Array(":".utf8) + password)
            rest = rest[rest.index(after: at)...]
        } else {
            authorization = nil
        }
        let portText: Substring
        if rest.first == "[" {
            guard let bracket = rest.firstIndex(of: "]") else {
                throw Malformed(problem: "the address lacks its closing bracket")
            }
            host = String(rest[rest.index(after: rest.startIndex)..<bracket])
            portText = rest[rest.index(after: bracket)...]
        } else {
            host = String(rest.prefix { $0 != ":" })
            portText = rest.dropFirst(host.count)
        }
        guard !host.isEmpty else { throw Malformed(problem: "it names no host") }
        if portText.isEmpty {
            port = scheme == "https" ? 443 : 1080
        } else {
            let digits = portText.dropFirst()
            guard portText.first == ":", digits.allSatisfy(\.isNumber), let number = UInt16(digits), number > 0 else {
                throw Malformed(problem: "the port must be 1 to 65535")
            }
            port = number
        }
    }

    /// The URL without the password.
    package var description: String { "\(scheme)://\(Self.authority(host, port))" }

    /// The words for its 407.
    var wantsCredentials: String {
        "the proxy \(self) \(authorization == nil ? "wants a" : "refuses the") user and password"
    }

    /// A host and port as CONNECT names them.
    static func authority(_ host: String, _ port: UInt16) -> String {
        host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
    }

    private static func percentDecoded(_ text: Substring) throws(Malformed) -> [UInt8] {
        var bytes: [UInt8] = []
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard let digits = String(rest.prefix(2)), digits.utf8.count == 2, digits.allSatisfy(\.isHexDigit),
                let value = UInt8(digits, radix: 16)
            else {
                throw Malformed(problem: "a % in user or password must begin an escape of two hexadecimal digits")
            }
            bytes.append(value)
            rest = rest.dropFirst(2)
        }
        return bytes
    }

    private static func base64(_ bytes: [UInt8]) -> String {
        // libwebsockets wants room for one group more.
        let room = (bytes.count + 2) / 3 * 4 + 5
        return unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: room) { buffer in
            let length = unsafe bytes.withUnsafeBytes { source in
                unsafe lws_b64_encode_string(
                    source.baseAddress?.assumingMemoryBound(to: CChar.self),
                    Int32(source.count),
                    buffer.baseAddress,
                    Int32(room)
                )
            }
            return unsafe String(decoding: UnsafeRawBufferPointer(buffer).prefix(max(0, Int(length))), as: UTF8.self)
        }
    }
}
