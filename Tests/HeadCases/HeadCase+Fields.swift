internal import Wire

/// Fields: their syntax, Host, what may be there once, where the body ends.
extension HeadCase {
    /// Names that libwebsockets takes for the beginning of one that it knows.
    package static let prefixes = [
        "X-Auth", "X-A", "X", "Auth", "A", "Ac", "Accept-Lang", "Conn", "Content", "Content-T", "Ho", "If-N", "If",
        "X-Real", "X-Forwarded", "Sec-WebSocket", "Sec", "G", "Get", "Po", "Head", "Options", "Up", "Us", "Or",
    ]

    static let fields =
        prefixes.map {
            HeadCase("a name that others begin with: \($0)", get("/", "\($0): b", "Origin: http://o"), .served)
        }
        + prefixes.prefix(3).map { HeadCase("the last name: \($0)", get("/", "\($0): b"), .served) } + [
            HeadCase("a name with every sign", get("/", "!#$%&'*+-.^_`|~09Az: b"), .served),
            HeadCase("an empty value", get("/", "A:"), .served),
            HeadCase("blanks around a value", get("/", "A: \t b c \t"), .served),
            HeadCase("no blank behind the colon", get("/", "Accept:text/plain"), .served),
            HeadCase("bytes beyond ASCII in a value", get("/", "A: \u{C3}\u{BC}\u{FF}"), .served),
            HeadCase("colons in a value", get("/", "A: b:c::d"), .served),
            HeadCase("a name twice", get("/", "A: b", "A: c"), .served),
            HeadCase("a list in two lines", get("/", "Accept: text/html", "Accept: */*"), .served),
            HeadCase("a blank before the colon", get("/", "A : b"), .refused(.blankBeforeColon)),
            HeadCase("a tab before the colon", get("/", "A\t: b"), .refused(.blankBeforeColon)),
            HeadCase("a blank before a Host's colon", with("Host : a"), .refused(.blankBeforeColon)),
            HeadCase("a blank in a name", get("/", "A b: c"), .refused(.fieldName)),
            HeadCase("a bracket in a name", get("/", "A[b]: c"), .refused(.fieldName)),
            HeadCase("a byte beyond ASCII in a name", get("/", "\u{C3}\u{BC}: b"), .refused(.fieldName)),
            HeadCase("no name", get("/", ": b"), .refused(.fieldName)),
            HeadCase("no colon", get("/", "A"), .refused(.fieldWithoutColon)),
            HeadCase("a value in two lines", get("/", "A: b", " c"), .refused(.foldedLine)),
            HeadCase("a value in two lines, by a tab", get("/", "A: b", "\tc"), .refused(.foldedLine)),
            HeadCase("a blank before the first field", with(" Host: a", "Host: a"), .refused(.foldedLine)),
            HeadCase("no Host", with("Accept: */*"), .refused(.missingHost)),
            HeadCase("an empty Host", with("Host:"), .served),
            HeadCase("two Hosts", with("Host: a", "Host: b"), .refused(.repeated(.host))),
            HeadCase("the same Host twice", with("Host: a", "host: a"), .refused(.repeated(.host))),
            HeadCase(
                "two Hosts in HTTP/1.0",
                "GET / HTTP/1.0\r\nHost: a\r\nHost: a\r\n\r\n",
                .refused(.repeated(.host))
            ),
            HeadCase("a Host with a port", with("Host: a.example:65535"), .served),
            HeadCase("a Host of IPv4", with("Host: 127.0.0.1:8080"), .served),
            HeadCase("a Host of IPv6", with("Host: [2001:db8::1]:80"), .served),
            HeadCase("a Host with a path", with("Host: a/b"), .refused(.host)),
            HeadCase("a Host with a user", with("Host: u@a"), .refused(.host)),
            HeadCase("a list of Hosts", with("Host: a, b"), .refused(.host)),
            HeadCase("a Host with a port that is none", with("Host: a:b"), .refused(.host)),
            HeadCase("a Host with a long port", with("Host: a:123456"), .refused(.host)),
            HeadCase("a Host with half a bracket", with("Host: [::1"), .refused(.host)),
            HeadCase("a Host with a name in brackets", with("Host: [xyz]"), .refused(.host)),
            HeadCase("a Host with a blank", with("Host: a b"), .refused(.host)),
            HeadCase("two Origins", get("/", "Origin: http://a", "Origin: http://b"), .refused(.repeated(.origin))),
            HeadCase(
                "two Content-Types",
                get("/", "Content-Type: a/b", "Content-Type: c/d"),
                .refused(.repeated(.contentType))
            ),
            HeadCase(
                "two Authorizations",
                get("/", "Authorization: a", "authorization: b"),
                .refused(.repeated(.authorization))
            ),
            HeadCase("an expectation of a request without a body", get("/", "Expect: 100-continue"), .served),
        ]

    private static func post(_ fields: String...) -> String {
        "POST / HTTP/1.1\r\nHost: a\r\n" + fields.map { $0 + "\r\n" }.joined() + "\r\n"
    }

    static let framings = [
        HeadCase("a length of nothing", get("/", "Content-Length: 0"), .served),
        HeadCase("a body", post("Content-Length: 5") + "hello", .served),
        HeadCase("a length with zeros before it", post("Content-Length: 0005") + "hello", .served),
        HeadCase("a negative length", post("Content-Length: -5"), .refused(.contentLength)),
        HeadCase("a length with a sign", post("Content-Length: +5"), .refused(.contentLength)),
        HeadCase("a length in base 16", post("Content-Length: 0x5"), .refused(.contentLength)),
        HeadCase("a length of nothing at all", post("Content-Length:"), .refused(.contentLength)),
        HeadCase("a list of lengths", post("Content-Length: 5, 5"), .refused(.contentLength)),
        HeadCase(
            "two lengths",
            post("Content-Length: 5", "Content-Length: 6"),
            .refused(.repeated(.contentLength))
        ),
        HeadCase(
            "the same length twice",
            post("Content-Length: 5", "Content-Length: 5"),
            .refused(.repeated(.contentLength))
        ),
        HeadCase(
            "a length and a coding",
            post("Content-Length: 5", "Transfer-Encoding: chunked"),
            .refused(.lengthAndCoding)
        ),
        HeadCase(
            "a coding and a length",
            post("Transfer-Encoding: identity", "Content-Length: 5"),
            .refused(.lengthAndCoding)
        ),
        HeadCase(
            "a coding in HTTP/1.0",
            "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n",
            .refused(.codingBeforeHTTP11)
        ),
    ]
}
