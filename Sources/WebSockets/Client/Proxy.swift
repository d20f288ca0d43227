internal import CCurl

/// A proxy, as an environment variable names it.
package struct Proxy: Sendable, Equatable, CustomStringConvertible {
    /// A text that can't be used; it may hold a password, and isn't kept.
    enum Flaw: Error, Equatable, CustomStringConvertible {
        case malformed(String)
        case overTLS

        var description: String {
            switch self {
            case .malformed(let problem): "names no proxy: \(problem)"
            case .overTLS:
                "names a proxy of https://, and such proxies aren't served: give one of http:// or socks5h://"
            }
        }
    }

    /// What is spoken to it, in small letters; `http` unless the URL says otherwise.
    package let scheme: String
    /// A name or a numeric address, without brackets.
    package let host: String
    /// The TCP port; as with curl, 1080 unless the URL has one.
    package let port: UInt16
    /// User and password as the URL has them; nil without.
    private let userInformation: String?

    /// What libcurl can speak to a proxy without TLS.
    private static let schemes = ["http", "socks4", "socks4a", "socks5", "socks5h"]

    /// Reads a URL; its scheme may be missing, its path is of no account.
    init(parsing url: String) throws(Flaw) {
        guard url.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw .malformed("a space, control or non-ASCII character must be percent-encoded")
        }
        var rest = url[...]
        if let mark = url.firstRange(of: "://") {
            scheme = url[..<mark.lowerBound].lowercased()
            rest = url[mark.upperBound...]
        } else {
            scheme = "http"
        }
        guard scheme != "https" else { throw .overTLS }
        guard Self.schemes.contains(scheme) else {
            throw .malformed("its scheme must be one of \(Self.schemes.joined(separator: ", "))")
        }
        let authority = rest.prefix { !"/?#".contains($0) }
        // What looks like host and port then is user and password.
        guard !rest[authority.endIndex...].contains("@") else {
            throw .malformed("a / ? or # in user or password must be percent-encoded, and an @ in the path")
        }
        rest = authority
        if let at = rest.lastIndex(of: "@") {
            guard Self.isPercentEncoded(rest[..<at]) else {
                throw .malformed("a % in user or password must begin an escape of two hexadecimal digits")
            }
            // An @ stands in many a password as it is.
            userInformation = String(rest[..<at].replacing("@", with: "%40"))
            rest = rest[rest.index(after: at)...]
        } else {
            userInformation = nil
        }
        let portText: Substring
        if rest.first == "[" {
            guard let bracket = rest.firstIndex(of: "]") else {
                throw .malformed("the address lacks its closing bracket")
            }
            host = String(rest[rest.index(after: rest.startIndex)..<bracket])
            portText = rest[rest.index(after: bracket)...]
        } else {
            host = String(rest.prefix { $0 != ":" })
            portText = rest.dropFirst(host.count)
        }
        guard !host.isEmpty else { throw .malformed("it names no host") }
        if portText.isEmpty {
            port = 1080
        } else {
            let digits = portText.dropFirst()
            guard portText.first == ":", digits.allSatisfy(\.isNumber), let number = UInt16(digits), number > 0 else {
                throw .malformed("the port must be 1 to 65535")
            }
            port = number
        }
    }

    /// Without user and password.
    package var description: String { "\(scheme)://\(Self.authority(host, port))" }

    /// The URL for libcurl, password and all, with an address of the host's instead of its name if one is given.
    func url(at address: String? = nil) -> String {
        let place = Self.authority((address ?? host).replacing("%", with: "%25"), port)
        return "\(scheme)://\(userInformation.map { "\($0)@" } ?? "")\(place)"
    }

    /// The words for its 407, and what SOCKS has for that.
    var wantsCredentials: String {
        "the proxy \(self) \(userInformation == nil ? "wants a" : "refuses the") user and password"
    }

    /// Why a SOCKS proxy opens no tunnel; nil when it is none, or something else is wrong.
    ///
    /// - Parameter target: The server, if its name isn't told elsewhere.
    func refusal(_ failure: CURLproxycode, of target: String = "the server") -> String? {
        let refuses = "the proxy \(self) opens no tunnel to \(target)"
        return switch failure {
        case CURLPX_OK: nil
        case CURLPX_NO_AUTH, CURLPX_USER_REJECTED, CURLPX_IDENTD, CURLPX_IDENTD_DIFFER: wantsCredentials
        case CURLPX_REPLY_CONNECTION_REFUSED: "\(refuses): the connection is refused"
        case CURLPX_REPLY_HOST_UNREACHABLE, CURLPX_REPLY_NETWORK_UNREACHABLE, CURLPX_REPLY_TTL_EXPIRED:
            "\(refuses): it can't be reached"
        case CURLPX_REPLY_NOT_ALLOWED: "\(refuses): its rules forbid it"
        case CURLPX_RESOLVE_HOST: "can't resolve \(target), which socks4a:// and socks5h:// leave to the proxy \(self)"
        case CURLPX_LONG_HOSTNAME, CURLPX_LONG_USER, CURLPX_LONG_PASSWD:
            "\(refuses): the host, user or password is longer than SOCKS allows"
        case CURLPX_BAD_VERSION, CURLPX_BAD_ADDRESS_TYPE, CURLPX_UNKNOWN_MODE:
            "the proxy \(self) answers with something that is no SOCKS"
        case CURLPX_CLOSED, CURLPX_RECV_ADDRESS, CURLPX_RECV_AUTH, CURLPX_RECV_CONNECT, CURLPX_RECV_REQACK,
            CURLPX_SEND_AUTH, CURLPX_SEND_CONNECT, CURLPX_SEND_REQUEST:
            "the proxy \(self) ends the connection before it opens a tunnel"
        default: refuses
        }
    }

    /// A host and port as CONNECT names them.
    static func authority(_ host: String, _ port: UInt16) -> String {
        host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
    }

    private static func isPercentEncoded(_ text: Substring) -> Bool {
        text.split(separator: "%", omittingEmptySubsequences: false).dropFirst().allSatisfy { piece in
            let digits = piece.prefix(2)
            return digits.count == 2 && digits.allSatisfy(\.isHexDigit)
        }
    }
}
