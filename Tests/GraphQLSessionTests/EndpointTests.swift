import GraphQLSession
import Testing

struct EndpointTests {
    struct Good: Sendable {
        var url: String
        var isSecure = false
        var host: String
        var port: UInt16
        var path = "/"
        var text: String
    }

    @Test(arguments: [
        Good(url: "ws://localhost", host: "localhost", port: 80, text: "ws://localhost:80/"),
        Good(url: "wss://localhost", isSecure: true, host: "localhost", port: 443, text: "wss://localhost:443/"),
        Good(url: "WSS://a:1", isSecure: true, host: "a", port: 1, text: "wss://a:1/"),
        Good(url: "ws://a:65535/graphql", host: "a", port: 65535, path: "/graphql", text: "ws://a:65535/graphql"),
        Good(url: "ws://a?x=1", host: "a", port: 80, path: "/?x=1", text: "ws://a:80/?x=1"),
        Good(
            url: "ws://a/b?x=ws://c@d:e",
            host: "a",
            port: 80,
            path: "/b?x=ws://c@d:e",
            text: "ws://a:80/b?x=ws://c@d:e"
        ),
        Good(url: "ws://127.0.0.1:8080/", host: "127.0.0.1", port: 8080, text: "ws://127.0.0.1:8080/"),
        Good(url: "ws://[::1]", host: "::1", port: 80, text: "ws://[::1]:80/"),
        Good(
            url: "wss://[fe80::1]:9/x",
            isSecure: true,
            host: "fe80::1",
            port: 9,
            path: "/x",
            text: "wss://[fe80::1]:9/x"
        ),
    ])
    func `a good URL is taken apart, and its text is a good URL again`(good: Good) throws {
        let endpoint = try Endpoint(parsing: good.url)
        #expect(endpoint.isSecure == good.isSecure)
        #expect(endpoint.host == good.host)
        #expect(endpoint.port == good.port)
        #expect(endpoint.path == good.path)
        #expect(endpoint.description == good.text)
        #expect(try Endpoint(parsing: endpoint.description) == endpoint)
    }

    @Test(arguments: [
        ("", "ws://"), ("localhost", "ws://"), ("http://a", "ws://"), ("ws:/a", "ws://"), ("ws:", "ws://"),
        ("wss", "ws://"), ("://a", "ws://"), ("ws://", "no host"), ("ws:///x", "no host"), ("ws://:80", "no host"),
        ("ws://?x", "no host"), ("ws://[]", "no host"), ("ws://a b", "percent-encoded"), (" ws://a", "percent-encoded"),
        ("ws://a\n", "percent-encoded"), ("ws://a/\u{7F}", "percent-encoded"), ("ws://a/ü", "percent-encoded"),
        ("ws://a/#b", "fragment"), ("ws://a#", "fragment"), ("ws://u:p@a", "credentials"), ("ws://a@b", "credentials"),
        ("ws://a:", "port"), ("ws://a:0", "port"), ("ws://a:65536", "port"), ("ws://a:-1", "port"),
        ("ws://a:+1", "port"),
        ("ws://a:x", "port"), ("ws://a:1:2", "port"), ("ws://::1", "no host"), ("ws://fe80::1", "port"),
        ("ws://[::1", "closing bracket"), ("ws://[::1]x", "port or a path"), ("ws://[::1]:", "port"),
        ("ws://[a]", "IPv6"),
    ])
    func `a bad URL is refused with the reason`(url: String, reason: String) throws {
        let error = try #require(throws: EndpointError.self) { try Endpoint(parsing: url) }
        #expect(error.url == url)
        #expect(error.problem.contains(reason), "\(error)")
    }
}
