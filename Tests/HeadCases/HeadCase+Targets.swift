internal import Wire

/// Targets in their four forms, and methods.
extension HeadCase {
    private static func parameters(_ count: Int) -> String {
        "/?" + (0..<count).map { "p\($0)=\($0)" }.joined(separator: "&")
    }

    static let targets = [
        HeadCase("a path and a query", get("/a/b?c=d&e=%26"), .served),
        HeadCase("a path with signs", get("/a;b=c,d/!$&'()*+~@:"), .served),
        HeadCase("a query with braces", get("/?query={a(b:[1|2])}^`\"<>\\"), .served),
        HeadCase("dots in a path", get("/../../etc/passwd"), .served),
        HeadCase("empty parts in a path", get("//a//b"), .served),
        HeadCase("as many parameters as may be", get(parameters(64)), .served),
        HeadCase("one parameter too many", get(parameters(65)), .refused(.tooManyParameters)),
        HeadCase("semicolons, too many", get("/?a" + String(repeating: ";a", count: 64)), .refused(.tooManyParameters)),
        HeadCase("encoded bytes", get("/%C3%bc"), .served),
        HeadCase("an encoded NUL", get("/%00"), .refused(.target)),
        HeadCase("an encoded LF that begins a field", get("/topics/a%0aX-Auth:"), .refused(.target)),
        HeadCase("an encoded LF in a query", get("/?a=b%20HTTP/1.1%0AHost:c"), .served),
        HeadCase("an encoded CR and LF in a query", get("/?a=b%0d%0ac"), .served),
        HeadCase("an encoded NUL in a query", get("/?a=%00"), .refused(.target)),
        HeadCase("an encoded CR", get("/a%0Db"), .refused(.target)),
        HeadCase("an encoded tab", get("/a%09b"), .served),
        HeadCase("an encoding that is none", get("/%zz"), .refused(.target)),
        HeadCase("an encoding cut short", get("/%4"), .refused(.target)),
        HeadCase("a percent sign alone", get("/a?b=100%"), .refused(.target)),
        HeadCase("a fragment", get("/a#b"), .refused(.target)),
        HeadCase("a byte beyond ASCII", get("/\u{C3}\u{BC}"), .refused(.target)),
        HeadCase("a path without its slash", get("a/b"), .refused(.target)),
        HeadCase("a query alone", get("?a=b"), .refused(.target)),
        HeadCase("a whole URL", get("http://b.example/a?c=d"), .served),
        HeadCase("a whole URL with a port", get("http://b.example:8080/a"), .served),
        HeadCase("a whole URL without a path", get("http://b.example"), .served),
        HeadCase("a whole URL with a query only", get("http://b.example?a=b"), .served),
        HeadCase("a whole URL, the last one", get("http://b.example/", "Connection: close"), .served),
        HeadCase("a whole URL of IPv6", get("http://[::1]:80/"), .served),
        HeadCase("a scheme in capitals", get("HTTP://b.example/"), .served),
        HeadCase("a whole URL without a host", get("http:///a"), .refused(.target)),
        HeadCase("a whole URL with a user", get("http://u:p@b.example/"), .refused(.target)),
        HeadCase("a whole URL, TLS", get("https://b.example/"), .refused(.target)),
        HeadCase("a whole URL of another scheme", get("ftp://b.example/"), .refused(.target)),
        HeadCase("a whole URL without a Host", "GET http://b/ HTTP/1.1\r\n\r\n", .refused(.missingHost)),
        HeadCase("OPTIONS of the server", "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", .told),
        HeadCase("GET of the server", get("*"), .refused(.target)),
        HeadCase("OPTIONS of the server and more", "OPTIONS *a HTTP/1.1\r\nHost: a\r\n\r\n", .refused(.target)),
        HeadCase("an authority", "CONNECT b.example:443 HTTP/1.1\r\nHost: b.example:443\r\n\r\n", .methodRefused),
        HeadCase("an authority without a port", "CONNECT b.example HTTP/1.1\r\nHost: a\r\n\r\n", .refused(.target)),
        HeadCase("CONNECT to a path", "CONNECT / HTTP/1.1\r\nHost: a\r\n\r\n", .refused(.target)),
        HeadCase("GET of an authority", get("b.example:443"), .refused(.target)),
    ]

    static let methods = [
        HeadCase("HEAD", "HEAD / HTTP/1.1\r\nHost: a\r\n\r\n", .served),
        HeadCase("OPTIONS", "OPTIONS / HTTP/1.1\r\nHost: a\r\n\r\n", .served),
        HeadCase("POST", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n", .served),
        HeadCase("TRACE", "TRACE / HTTP/1.1\r\nHost: a\r\n\r\n", .methodRefused),
        HeadCase("PUT", "PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx", .methodRefused),
        HeadCase("DELETE", "DELETE / HTTP/1.1\r\nHost: a\r\n\r\n", .methodRefused),
        HeadCase("PATCH", "PATCH / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx", .methodRefused),
        HeadCase("a method that nobody knows", "BREW / HTTP/1.1\r\nHost: a\r\n\r\n", .refused(.unknownMethod)),
        HeadCase("a method in small letters", "get / HTTP/1.1\r\nHost: a\r\n\r\n", .refused(.unknownMethod)),
        HeadCase("a longer method", "GETS / HTTP/1.1\r\nHost: a\r\n\r\n", .refused(.unknownMethod)),
    ]
}
