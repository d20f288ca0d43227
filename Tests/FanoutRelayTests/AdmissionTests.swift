import Testing
import WebSockets

@testable import FanoutRelay

struct AdmissionTests {
    struct Visit: CustomTestStringConvertible {
        var allowed: Set<String> = []
        var host = "relay.example:8080"
        var origin: String?
        let isLetIn: Bool
        var testDescription: String { "\(origin ?? "no origin") at \(host), allowed \(allowed.sorted())" }
    }

    @Test(arguments: [
        Visit(origin: nil, isLetIn: true),
        Visit(allowed: ["https://a.example"], origin: nil, isLetIn: true),
        Visit(origin: "http://relay.example:8080", isLetIn: true),
        Visit(origin: "https://relay.example:8080", isLetIn: true),
        Visit(origin: "http://relay.example", isLetIn: false),
        Visit(origin: "http://relay.example:80801", isLetIn: false),
        Visit(origin: "ftp://relay.example:8080", isLetIn: false),
        Visit(origin: "https://evil.example", isLetIn: false),
        Visit(origin: "null", isLetIn: false),
        Visit(origin: "", isLetIn: false),
        Visit(origin: "*", isLetIn: false),
        Visit(allowed: ["https://a.example"], origin: "https://a.example", isLetIn: true),
        Visit(allowed: ["https://a.example"], origin: "http://a.example", isLetIn: false),
        Visit(allowed: ["https://a.example"], origin: "https://a.example.evil.example", isLetIn: false),
        Visit(allowed: ["https://a.example"], origin: "https://b.a.example", isLetIn: false),
        Visit(allowed: ["https://a.example"], origin: "https://relay.example:8080", isLetIn: true),
        Visit(allowed: ["*"], origin: "https://evil.example", isLetIn: true),
        Visit(allowed: ["*"], origin: "null", isLetIn: true),
    ])
    func `a page is let in by its origin`(visit: Visit) {
        var admission = Admission()
        admission.allowedOrigins = visit.allowed
        let decision = admission.decide(UpgradeRequest(path: "/graphql", host: visit.host, origin: visit.origin))
        switch decision {
        case .accept: #expect(visit.isLetIn)
        case .refuse(let status, let reason):
            #expect(!visit.isLetIn)
            #expect(status == 403)
            #expect(reason.contains("origin"))
        }
    }

    @Test func `a long origin is not repeated whole`() {
        let request = UpgradeRequest(path: "/", origin: String(repeating: "o", count: 5000))
        guard case .refuse(_, let reason) = Admission().decide(request) else {
            Issue.record("let in")
            return
        }
        #expect(reason.count < 300)
    }
}
