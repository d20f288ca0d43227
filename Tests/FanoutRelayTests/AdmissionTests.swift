import Testing
import WebSockets

@testable import FanoutRelay

struct AdmissionTests {
    struct Visit: CustomTestStringConvertible {
        var allowed: Set<String> = []
        var names: Set<String> = []
        var host = "127.0.0.1:8080"
        var listens = "127.0.0.1"
        var isSecure = false
        var origin: String?
        let isLetIn: Bool
        var testDescription: String { "\(origin ?? "no origin") at \(host), allowed \(allowed.sorted())" }

        var admission: Admission {
            var admission = Admission()
            admission.allowedOrigins = allowed
            admission.allowedHosts = names
            admission.ownAddress = OwnAddress(listenHost: listens, isSecure: isSecure, names: names)
            return admission
        }
    }

    @Test(arguments: [
        Visit(origin: nil, isLetIn: true),
        Visit(allowed: ["https://a.example"], origin: nil, isLetIn: true),
        Visit(origin: "http://127.0.0.1:8080", isLetIn: true),
        Visit(origin: "https://127.0.0.1:8080", isLetIn: true),
        Visit(origin: "http://127.0.0.1", isLetIn: false),
        Visit(origin: "http://127.0.0.1:80801", isLetIn: false),
        Visit(origin: "ftp://127.0.0.1:8080", isLetIn: false),
        Visit(origin: "https://evil.example", isLetIn: false),
        Visit(origin: "null", isLetIn: false),
        Visit(origin: "", isLetIn: false),
        Visit(origin: "*", isLetIn: false),
        Visit(allowed: ["https://a.example"], origin: "https://a.example", isLetIn: true),
        Visit(allowed: ["https://a.example"], origin: "http://a.example", isLetIn: false),
        Visit(allowed: ["https://a.example"], origin: "https://a.example.evil.example", isLetIn: false),
        Visit(allowed: ["https://a.example"], origin: "https://b.a.example", isLetIn: false),
        Visit(allowed: ["https://a.example"], origin: "https://127.0.0.1:8080", isLetIn: true),
        Visit(host: "evil.example:8080", origin: "http://evil.example:8080", isLetIn: false),
        Visit(host: "evil.example", origin: "https://evil.example", isLetIn: false),
        Visit(host: "evil.example", listens: "0.0.0.0", origin: "http://evil.example", isLetIn: false),
        Visit(host: "evil.localhost.example", origin: "http://evil.localhost.example", isLetIn: false),
        Visit(host: "127.0.0.1.evil.example", origin: "http://127.0.0.1.evil.example", isLetIn: false),
        Visit(host: "notlocalhost", origin: "http://notlocalhost", isLetIn: false),
        Visit(host: "", origin: "http://", isLetIn: false),
        // What is no authority is no name of the relay's, however it begins.
        Visit(host: "127.0.0.1:a.evil.example", origin: "http://127.0.0.1:a.evil.example", isLetIn: false),
        Visit(host: "localhost:80.evil.example", origin: "http://localhost:80.evil.example", isLetIn: false),
        Visit(host: "localhost:808080", origin: "http://localhost:808080", isLetIn: false),
        Visit(host: "[::1].evil.example:80", origin: "http://[::1].evil.example:80", isLetIn: false),
        Visit(host: "[::1", origin: "http://[::1", isLetIn: false),
        Visit(host: "a@127.0.0.1", origin: "http://a@127.0.0.1", isLetIn: false),
        Visit(host: "[::1]", origin: "http://[::1]", isLetIn: true),
        Visit(host: "localhost.:8080", origin: "http://localhost.:8080", isLetIn: true),
        Visit(host: "localhost:8080", origin: "http://localhost:8080", isLetIn: true),
        Visit(host: "a.localhost:8080", origin: "http://a.localhost:8080", isLetIn: true),
        Visit(host: "[::1]:8080", origin: "http://[::1]:8080", isLetIn: true),
        Visit(host: "192.0.2.7", listens: "::", origin: "http://192.0.2.7", isLetIn: true),
        Visit(host: "Relay.lan:8080", listens: "relay.LAN", origin: "http://Relay.lan:8080", isLetIn: true),
        Visit(host: "127.0.0.1:8080", isSecure: true, origin: "https://127.0.0.1:8080", isLetIn: true),
        Visit(host: "127.0.0.1:8080", isSecure: true, origin: "http://127.0.0.1:8080", isLetIn: false),
        Visit(
            allowed: ["https://name.example"],
            host: "name.example",
            origin: "https://name.example",
            isLetIn: true
        ),
        // A name by which the relay is asked for makes it the home of pages under that name.
        Visit(names: ["relay.lan"], host: "relay.lan:8080", origin: "http://relay.lan:8080", isLetIn: true),
        Visit(names: ["relay.lan"], host: "relay.lan:8080", origin: "http://relay.lan", isLetIn: false),
        Visit(names: ["relay.lan"], host: "evil.example", origin: "http://evil.example", isLetIn: false),
        Visit(allowed: ["*"], origin: "https://evil.example", isLetIn: true),
        Visit(allowed: ["*"], origin: "null", isLetIn: true),
    ])
    func `a page is let in by its origin`(visit: Visit) {
        let decision = visit.admission.decide(UpgradeRequest(path: "/graphql", host: visit.host, origin: visit.origin))
        switch decision {
        case .accept: #expect(visit.isLetIn)
        case .refuse(let status, let reason, _):
            #expect(!visit.isLetIn)
            #expect(status == 403)
            #expect(reason.contains("origin"))
        }
    }

    @Test(
        arguments: [
            (Visit(isLetIn: true), "cross-site", false), (Visit(isLetIn: true), "same-site", false),
            (Visit(isLetIn: true), "same-origin", true), (Visit(isLetIn: true), "none", true),
            (Visit(isLetIn: true), nil, true), (Visit(host: "", isLetIn: true), nil, true),
            (Visit(allowed: ["https://a.example"], isLetIn: true), "cross-site", false),
            (Visit(allowed: ["*"], isLetIn: true), "cross-site", true),
            // A rebound name: the browser names neither an origin nor a site to a host that it doesn't trust.
            (Visit(host: "evil.example:8080", isLetIn: true), nil, false),
            (Visit(host: "evil.example:8080", listens: "localhost", isLetIn: true), nil, false),
            (Visit(host: "evil.example:8080", listens: "::1", isLetIn: true), nil, false),
            (Visit(allowed: ["https://name.example"], host: "Name.example", isLetIn: true), nil, true),
            (Visit(allowed: ["https://name.example"], host: "name.example:8080", isLetIn: true), nil, false),
            // Other machines may have any name for one that they can reach, unless they were told which.
            (Visit(host: "relay:8080", listens: "0.0.0.0", isLetIn: true), nil, true),
            (Visit(names: ["relay"], host: "relay:8080", listens: "0.0.0.0", isLetIn: true), nil, true),
            (Visit(names: ["relay"], host: "Relay.", listens: "0.0.0.0", isLetIn: true), nil, true),
            (Visit(names: ["relay"], host: "relay.evil.example", listens: "0.0.0.0", isLetIn: true), nil, false),
            (Visit(names: ["relay"], host: "evil.example", listens: "192.0.2.1", isLetIn: true), nil, false),
            (Visit(names: ["relay"], host: "192.0.2.7:80", listens: "0.0.0.0", isLetIn: true), nil, true),
            (Visit(names: ["relay"], host: "[2001:db8::1]:80", listens: "::", isLetIn: true), nil, true),
            (Visit(names: ["relay"], host: "relay", isLetIn: true), nil, true),
            (Visit(allowed: ["*"], names: ["relay"], host: "evil.example", isLetIn: true), nil, false),
            (Visit(allowed: ["*"], host: "evil.example", isLetIn: true), nil, true),
        ] as [(Visit, String?, Bool)]
    )
    func `a request without an origin is let in by its host and site`(visit: Visit, site: String?, isLetIn: Bool) {
        #expect((visit.admission.refusal(host: visit.host, site: site) == nil) == isLetIn)
    }

    @Test func `a link that is clicked is followed, and still only to a host that is the relay's`() {
        let admission = Visit(isLetIn: true).admission
        #expect(admission.refusal(host: "localhost", site: "cross-site", isClick: true) == nil)
        #expect(admission.refusal(host: "evil.example", site: "cross-site", isClick: true) != nil)
    }

    @Test(
        arguments: [
            (Visit(isLetIn: true), true), (Visit(listens: "0.0.0.0", isLetIn: true), false),
            (Visit(names: ["relay"], listens: "0.0.0.0", isLetIn: true), true),
            (Visit(allowed: ["*"], isLetIn: true), false),
            (Visit(allowed: ["*"], names: ["relay"], isLetIn: true), true),
        ]
    )
    func `hosts are looked at on loopback, and where names are given`(visit: Visit, checks: Bool) {
        #expect(visit.admission.checksHost == checks)
    }

    @Test(
        arguments: [
            ("https://example.org", "https://example.org"), ("https://example.org/", "https://example.org"),
            ("HTTPS://Example.ORG:443", "https://example.org"), ("http://example.org:80/", "http://example.org"),
            ("http://example.org:443", "http://example.org:443"), ("http://[::1]:8080", "http://[::1]:8080"),
            ("chrome-extension://abcdef", "chrome-extension://abcdef"),
            ("capacitor://localhost", "capacitor://localhost"),
            ("example.org", nil), ("https://", nil), ("https:///", nil), ("https://example.org/app", nil),
            ("https://a:b@example.org", nil), ("https://*.example.org", nil), ("https://exämple.org", nil),
            ("https://example.org:0", nil), ("https://example.org:65536", nil), ("https://example.org:", nil),
            ("https://::1", nil), ("https://example.org?a", nil), ("https://a.example,https://b.example", nil),
            ("1://example.org", nil), ("null", nil),
        ] as [(String, String?)]
    )
    func `an origin is written as browsers do, or is none`(text: String, origin: String?) {
        #expect(WebOrigin(parsing: text)?.description == origin)
    }

    @Test func `a long origin is not repeated whole`() {
        let request = UpgradeRequest(path: "/", origin: String(repeating: "o", count: 5000))
        guard case .refuse(_, let reason, _) = Admission().decide(request) else {
            Issue.record("let in")
            return
        }
        #expect(reason.count < 300)
    }
}
