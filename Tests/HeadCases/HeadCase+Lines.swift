internal import Wire

/// Request lines, line ends, sizes.
extension HeadCase {
    static let lines = [
        HeadCase("a plain request", get(), .served),
        HeadCase("one blank line before it", "\r\n" + get(), .served),
        HeadCase("two blank lines before it", "\r\n\r\n" + get(), .refused(.requestLine)),
        HeadCase("HTTP/1.0 without a Host", "GET / HTTP/1.0\r\n\r\n", .served),
        HeadCase("HTTP/1.0 with a Host", "GET / HTTP/1.0\r\nHost: a\r\n\r\n", .served),
        HeadCase("a later HTTP/1", "GET / HTTP/1.7\r\nHost: a\r\n\r\n", .served),
        HeadCase("HTTP/2 with prior knowledge", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", .refused(.version)),
        HeadCase("HTTP/3", "GET / HTTP/3.0\r\nHost: a\r\n\r\n", .refused(.version)),
        HeadCase("HTTP/0.9 by number", "GET / HTTP/0.9\r\n\r\n", .refused(.version)),
        HeadCase("HTTP/0.9 by form", "GET /\r\n\r\n", .refused(.requestLine)),
        HeadCase("a version in small letters", "GET / http/1.1\r\nHost: a\r\n\r\n", .refused(.requestLine)),
        HeadCase("a version of two digits", "GET / HTTP/1.10\r\nHost: a\r\n\r\n", .refused(.requestLine)),
        HeadCase("a version without a minor one", "GET / HTTP/1\r\nHost: a\r\n\r\n", .refused(.requestLine)),
        HeadCase("a version that is no number", "GET / HTTP/x.y\r\nHost: a\r\n\r\n", .refused(.requestLine)),
        HeadCase("two blanks before the target", "GET  / HTTP/1.1\r\nHost: a\r\n\r\n", .refused(.requestLine)),
        HeadCase("two blanks before the version", "GET /  HTTP/1.1\r\nHost: a\r\n\r\n", .refused(.requestLine)),
        HeadCase("a blank behind the version", "GET / HTTP/1.1 \r\nHost: a\r\n\r\n", .refused(.requestLine)),
        HeadCase("a blank before the method", " GET / HTTP/1.1\r\nHost: a\r\n\r\n", .refused(.requestLine)),
        HeadCase("a tab for a blank", "GET\t/\tHTTP/1.1\r\nHost: a\r\n\r\n", .refused(.requestLine)),
        HeadCase("no method", "/ HTTP/1.1\r\nHost: a\r\n\r\n", .refused(.requestLine)),
        HeadCase("no target", "GET HTTP/1.1\r\nHost: a\r\n\r\n", .refused(.requestLine)),
        HeadCase("nonsense", "nonsense\r\n\r\n", .refused(.requestLine)),
        HeadCase("a method that is no token", "G(T / HTTP/1.1\r\nHost: a\r\n\r\n", .refused(.requestLine)),
        HeadCase("a bare LF behind the request line", "GET / HTTP/1.1\nHost: a\r\n\r\n", .refused(.bareLineFeed)),
        HeadCase("a bare LF behind a field", "GET / HTTP/1.1\r\nHost: a\n\r\n", .refused(.bareLineFeed)),
        HeadCase("a bare LF for the blank line", "GET / HTTP/1.1\r\nHost: a\r\n\n", .refused(.bareLineFeed)),
        HeadCase("a bare CR in a target", "GET /\ra HTTP/1.1\r\nHost: a\r\n\r\n", .refused(.bareCarriageReturn)),
        HeadCase("a bare CR in a value", get("/", "A: b\rc"), .refused(.bareCarriageReturn)),
        HeadCase("CR CR LF", "GET / HTTP/1.1\r\r\nHost: a\r\n\r\n", .refused(.bareCarriageReturn)),
        HeadCase("a NUL in a target", "GET /\0 HTTP/1.1\r\nHost: a\r\n\r\n", .refused(.controlByte)),
        HeadCase("a NUL in a name", get("/", "A\0: b"), .refused(.controlByte)),
        HeadCase("a NUL in a value", get("/", "A: b\0c"), .refused(.controlByte)),
        HeadCase("an escape in a value", get("/", "A: \u{1B}[31m"), .refused(.controlByte)),
        HeadCase("a DEL in a value", get("/", "A: \u{7F}"), .refused(.controlByte)),
        HeadCase("a TLS client's hello", "\u{16}\u{3}\u{1}\u{2}\0\u{1}\0\u{1}\u{FC}", .refused(.controlByte)),
        HeadCase("a large field", get("/", "Cookie: " + String(repeating: "c", count: 16_000)), .served),
        HeadCase(
            "too large a field",
            get("/", "Cookie: " + String(repeating: "c", count: 17_000)),
            .refused(.tooLarge)
        ),
        HeadCase("a long query", get("/?a=" + String(repeating: "q", count: 16_000)), .served),
        HeadCase("too long a target", get("/?a=" + String(repeating: "q", count: 17_000)), .refused(.targetTooLong)),
        HeadCase("a method without an end", String(repeating: "M", count: 17_000), .refused(.targetTooLong)),
        HeadCase(
            "as many fields as may be",
            "GET / HTTP/1.1\r\nHost: a\r\n" + String(repeating: "A: b\r\n", count: 99) + "\r\n",
            .served
        ),
        HeadCase(
            "one field too many",
            "GET / HTTP/1.1\r\nHost: a\r\n" + String(repeating: "A: b\r\n", count: 100) + "\r\n",
            .refused(.tooManyFields)
        ),
    ]
}
