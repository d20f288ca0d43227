import Testing

@testable import FanoutRelay

struct OriginPatternTests {
    @Test(arguments: [
        ("https://*.example.org", "https://*.example.org"), ("HTTPS://*.Example.ORG:443/", "https://*.example.org"),
        ("http://*.example.org:8080", "http://*.example.org:8080"), ("https://*.localhost", "https://*.localhost"),
        ("https://example.org", nil), ("https://*", nil), ("https://*.", nil), ("*.example.org", nil), ("*", nil),
        ("https://a.*.example.org", nil), ("https://*example.org", nil), ("https://*.*.example.org", nil),
        ("https://*.example.org/path", nil), ("https://*.example.org:", nil), ("https://*.127.0.0.1", nil),
        ("https://*.[::1]", nil), ("https://user@*.example.org", nil), ("*://*.example.org", nil), ("", nil),
    ])
    func `a pattern is a scheme and the subdomains of a name`(text: String, pattern: String?) {
        #expect(OriginPattern(parsing: text)?.description == pattern)
    }

    @Test(arguments: [
        ("https://a.example.org", true), ("https://a.b.example.org", true), ("https://example.org", false),
        ("https://.example.org", false), ("https://evilexample.org", false), ("http://a.example.org", false),
        ("https://a.example.org:8443", false), ("https://a.example.org.evil", false),
        ("https://evil/.example.org", false),
        ("https://evil?.example.org", false), ("https://evil@a.example.org", false),
        ("https://evil:80.example.org", false),
        ("https://A.example.org", false), ("https://*.example.org", false), ("null", false), ("", false),
    ])
    func `an origin matches by whole labels, scheme and port`(origin: String, matches: Bool) throws {
        let pattern = try #require(OriginPattern(parsing: "https://*.example.org"))
        #expect(pattern.matches(origin: origin) == matches)
        var admission = Admission()
        admission.allowedOrigins = ["https://*.example.org"]
        #expect(admission.allows(origin: origin, host: "relay.test") == matches)
    }

    @Test func `a port is part of the pattern`() throws {
        let pattern = try #require(OriginPattern(parsing: "http://*.example.org:8080"))
        #expect(pattern.matches(origin: "http://a.example.org:8080"))
        #expect(!pattern.matches(origin: "http://a.example.org"))
        #expect(pattern.matches(host: "a.example.org:8080") && !pattern.matches(host: ".example.org:8080"))
    }
}
