import Testing

@testable import WebSockets

/// Which proxy is taken: curl's rules, as values.
struct ProxyEnvironmentTests {
    private func proxy(
        _ variables: [String: String],
        _ scheme: String,
        _ host: String = "example.com"
    ) throws -> String? {
        try ProxyEnvironment { variables[$0] }.proxy(for: scheme, host: host)?.description
    }

    /// The variables that a scheme reads, in their order.
    private static let order: [(String, [String])] = [
        ("ws", ["ws_proxy", "WS_PROXY", "http_proxy", "all_proxy", "ALL_PROXY"]),
        ("wss", ["wss_proxy", "WSS_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"]),
        ("http", ["http_proxy", "all_proxy", "ALL_PROXY"]),
        ("https", ["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"]),
    ]

    @Test(arguments: 0..<4) func `a scheme reads its variables in curl's order, and no others`(row: Int) throws {
        let (scheme, names) = Self.order[row]
        let all = Set(Self.order.flatMap(\.1) + ["HTTP_PROXY", "socks_proxy", "proxy"])
        var variables = Dictionary(uniqueKeysWithValues: all.map { ($0, "http://\($0.lowercased()).test:1") })
        for name in names {
            variables[name] = "http://chosen:3128"
            #expect(try proxy(variables, scheme) == "http://chosen:3128", "\(name)")
            // An empty one is none.
            variables[name] = ""
        }
        #expect(try proxy(variables, scheme) == nil)
    }

    @Test(arguments: [
        ("http://proxy.test:3128", "http://proxy.test:3128", "http://proxy.test:3128"),
        ("proxy.test:3128", "http://proxy.test:3128", "http://proxy.test:3128"),
        ("proxy.test", "http://proxy.test:1080", "http://proxy.test:1080"),
        ("HTTP://proxy.test:3128/", "http://proxy.test:3128", "http://proxy.test:3128"),
        ("http://[::1]:8", "http://[::1]:8", "http://[::1]:8"), ("[::1]", "http://[::1]:1080", "http://[::1]:1080"),
        ("socks5h://proxy.test", "socks5h://proxy.test:1080", "socks5h://proxy.test:1080"),
        ("socks4a://ada@proxy.test:1", "socks4a://proxy.test:1", "socks4a://ada@proxy.test:1"),
        ("ada:s%40c%3Aret@proxy.test:1", "http://proxy.test:1", "http://ada:s%40c%3Aret@proxy.test:1"),
        ("http://:secr%et@proxy.test:1", "http://proxy.test:1", "http://:secr%et@proxy.test:1"),
    ])
    func `a proxy is read, and shown without its password`(url: String, shown: String, whole: String) throws {
        let proxy = try Proxy(parsing: url)
        #expect(proxy.description == shown)
        #expect(proxy.url() == whole)
    }

    @Test func `an address stands instead of the name, with its zone if it has one`() throws {
        let proxy = try Proxy(parsing: "socks5h://ada:secret@proxy.test:1")
        #expect(proxy.url(at: "127.0.0.1") == "socks5h://ada:secret@127.0.0.1:1")
        #expect(proxy.url(at: "fe80::1%eth0") == "socks5h://ada:secret@[fe80::1%25eth0]:1")
    }

    @Test(arguments: ["https://ada:secret@proxy.test:1", "HTTPS://proxy.test"])
    func `a proxy over TLS is an error that says so, and names the variable`(url: String) {
        let error = #expect(throws: WebSocketError.self) { try proxy(["all_proxy": url], "wss") }
        let words = "the variable all_proxy names a proxy of https://, and such proxies aren't served: "
        #expect(error?.description == words + "give one of http:// or socks5h://")
    }

    @Test(arguments: [
        "gopher://ada:secret@proxy.test", "http://ada:secret@", "http://ada:secret@proxy.test:0",
        "http://ada:secret@proxy.test:70000", "http://ada:secret@proxy.test:x", "http://ada:secret@[::1",
        "http://ada:secr@et@proxy.test", "http://ada:secret@proxy test",
        "http://ada:secr/et@proxy.test", "http://ada:80?secret@proxy.test", "http://secret#1@proxy.test:8080",
        "ada:secr/et@proxy.test",
    ])
    func `a text that names no proxy is an error that names the variable, and no password`(url: String) {
        let error = #expect(throws: WebSocketError.self) { try proxy(["https_proxy": url], "wss") }
        #expect(error?.description.hasPrefix("the variable https_proxy names no proxy: ") == true)
        #expect(error?.description.contains("secr") == false)
    }

    @Test(arguments: [
        ("*", "anything.test", true), ("* ", "anything.test", false), ("", "example.com", false),
        ("example.com", "example.com", true), ("example.com", "EXAMPLE.com.", true),
        ("example.com", "api.example.com", true), (".example.com", "api.example.com", true),
        (".example.com", "example.com", true), ("example.com", "notexample.com", false),
        ("example.com.", "api.example.com", true), ("api.example.com", "example.com", false),
        ("a.test,b.test", "b.test", true), ("a.test b.test", "b.test", true), (" a.test , b.test", "a.test", true),
        (",,", "b.test", false), (".", "b.test", false), ("localhost", "localhost", true),
        ("127.0.0.1", "127.0.0.1", true), ("127.0.0.1", "127.0.0.10", false), ("0.0.1", "127.0.0.1", false),
        ("10.0.0.0/8", "10.9.8.7", true), ("10.0.0.0/8", "11.9.8.7", false), ("10.0.0.0/12", "10.15.0.1", true),
        ("10.0.0.0/12", "10.16.0.1", false), ("10.0.0.0/0", "1.2.3.4", true), ("10.0.0.0/33", "10.0.0.0", false),
        ("10.0.0.0/x", "10.0.0.0", false), ("::1", "::1", true), ("[::1]", "::1", true), ("::1", "::2", false),
        ("fe80::/10", "febf::1", true), ("fe80::/10", "fec0::1", false), ("10.0.0.0/8", "ten.test", false),
    ])
    func `no_proxy names hosts as curl reads it`(list: String, host: String, isDirect: Bool) {
        #expect(NoProxyList(list).contains(host) == isDirect)
    }

    @Test func `no_proxy goes before NO_PROXY, and before every proxy`() throws {
        var variables = ["all_proxy": "http://proxy.test:1", "NO_PROXY": "example.com"]
        #expect(try proxy(variables, "wss") == nil)
        variables["no_proxy"] = "other.test"
        #expect(try proxy(variables, "wss") == "http://proxy.test:1")
        #expect(try ProxyEnvironment.none.proxy(for: "ws", host: "example.com") == nil)
    }
}
