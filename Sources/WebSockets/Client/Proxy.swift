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

    private static let hint = "a / ? # or @ in user or password must be percent-encoded"

    /// Reads a URL as libcurl does; its scheme may be missing, its path is of no account.
    init(parsing text: String) throws(Flaw) {
        let mark = text.firstRange(of: "://")
        let url = mark == nil ? "http://\(text)" : text
        // What looks like host and port then is user and password.
        guard !text[(mark?.upperBound ?? text.startIndex)...].drop(while: { !"/?#".contains($0) }).contains("@") else {
            throw .malformed(Self.hint)
        }
        do throws(CurlURL.Failure) {
            scheme = try CurlURL.part(CURLUPART_SCHEME, of: url) ?? "http"
            host = try CurlURL.part(CURLUPART_HOST, of: url) ?? ""
            port = try CurlURL.part(CURLUPART_PORT, of: url).map { UInt16($0) ?? 0 } ?? 1080
            let user = try CurlURL.part(CURLUPART_USER, of: url)
            userInformation = try CurlURL.part(CURLUPART_PASSWORD, of: url).map { "\(user ?? ""):\($0)" } ?? user
        } catch {
            throw .malformed("\(error); \(Self.hint)")
        }
        guard scheme != "https" else { throw .overTLS }
        guard Self.schemes.contains(scheme) else {
            throw .malformed("its scheme must be one of \(Self.schemes.joined(separator: ", "))")
        }
        guard port > 0 else { throw .malformed("the port must be 1 to 65535") }
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
}
