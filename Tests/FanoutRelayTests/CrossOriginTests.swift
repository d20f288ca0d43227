import Testing
import WebSockets
import Wire

@testable import FanoutRelay

/// What pages of other origins are told; `AdmissionTests` has which origins may.
struct CrossOriginTests {
    private static let page = "https://page.example"
    private let page = Self.page

    private func crossOrigin(answersGraphQL: Bool = false) -> CrossOrigin {
        var admission = Admission()
        admission.allowedOrigins = [page]
        admission.ownAddress = OwnAddress(listenHost: "127.0.0.1", isSecure: false, names: [])
        return CrossOrigin(admission: admission, answersGraphQL: answersGraphQL)
    }

    /// A request for no path in particular.
    private func request(
        _ method: HTTPRequest.Method = .get,
        host: String = "127.0.0.1:80",
        origin: String? = nil,
        site: String? = nil,
        isClick: Bool = false
    ) -> HTTPRequest {
        var request = HTTPRequest(method: method, path: "/x")
        request.host = host
        request.origin = origin
        request.fetchSite = site
        if isClick {
            request.fetchMode = "navigate"
            request.fetchDestination = "document"
        }
        return request
    }

    @Test func `who names no origin and a host of ours goes on`() {
        #expect(crossOrigin().judge(request(), methods: "GET") == .goesOn)
    }

    @Test func `an allowed page goes on, and may read the answer`() {
        let verdict = crossOrigin().judge(request(origin: page), methods: "GET")
        #expect(verdict == .goesOn)
        let headers = crossOrigin().headers(for: request(origin: page))
        #expect(headers.contains(HTTPField(name: "Access-Control-Allow-Origin", value: page)))
        #expect(headers.contains(HTTPField(name: "Vary", value: "Origin")))
    }

    @Test(
        arguments: [
            ([page], true), (["https://*.example"], true), (["*"], false), (["*", "https://*.other"], false),
            (["*", page], true),
        ] as [(Set<String>, Bool)]
    )
    func `only a page whose origin is named may use its users' cookies`(origins: Set<String>, may: Bool) {
        var admission = Admission()
        admission.allowedOrigins = origins
        let headers = CrossOrigin(admission: admission, answersGraphQL: false).headers(for: request(origin: Self.page))
        #expect(headers.contains(HTTPField(name: "Access-Control-Allow-Origin", value: Self.page)))
        #expect(headers.contains(HTTPField(name: "Access-Control-Allow-Credentials", value: "true")) == may)
    }

    @Test(arguments: [true, false])
    func `another page is refused, in GraphQL's form where that is asked`(answersGraphQL: Bool) throws {
        let verdict = crossOrigin(answersGraphQL: answersGraphQL)
            .judge(request(origin: "https://evil.example"), methods: "GET")
        guard case .answered(let response) = verdict else { throw Unexpected() }
        #expect(response.status == 403)
        #expect(response.body.starts(with: Array(#"{"errors""#.utf8)) == answersGraphQL)
        #expect(crossOrigin().headers(for: request(origin: "https://evil.example")).count == 1)
    }

    @Test func `a preflight of an allowed page is told the methods and for how long`() throws {
        let verdict = crossOrigin().judge(request(.options, origin: page), methods: "GET, POST")
        guard case .answered(let response) = verdict else { throw Unexpected() }
        #expect(response.status == 204 && response.body.isEmpty)
        for field in [
            HTTPField(name: "Allow", value: "GET, POST"),
            HTTPField(name: "Access-Control-Allow-Methods", value: "GET, POST"),
            HTTPField(
                name: "Access-Control-Allow-Headers",
                value: "*, Authorization, Content-Type, Accept, Last-Event-ID, Cache-Control, "
                    + "Apollo-Require-Preflight, ApolloGraphQL-Client-Name, ApolloGraphQL-Client-Version, "
                    + "GraphQL-Client-Name, GraphQL-Client-Version, GraphQL-Require-Preflight, X-Requested-With"
            ),
            HTTPField(name: "Access-Control-Max-Age", value: "600"),
        ] { #expect(response.headers.contains(field), "\(field.name)") }
    }

    @Test func `an OPTIONS of no page is told the methods only`() throws {
        let verdict = crossOrigin().judge(request(.options), methods: "GET")
        guard case .answered(let response) = verdict else { throw Unexpected() }
        #expect(response.headers == [HTTPField(name: "Allow", value: "GET")])
    }

    @Test(arguments: [
        ("cross-site", false, true, false), ("same-site", false, true, false), ("same-origin", false, true, true),
        ("none", false, true, true), ("cross-site", true, true, true), ("cross-site", true, false, false),
    ])
    func `what a foreign page embeds is refused, a link that was clicked to a page isn't`(
        site: String,
        isClick: Bool,
        isPage: Bool,
        goesOn: Bool
    ) {
        let verdict = crossOrigin().judge(request(site: site, isClick: isClick), methods: "GET", isPage: isPage)
        #expect((verdict == .goesOn) == goesOn)
    }

    @Test(arguments: [("localhost", true), ("[::1]:80", true), ("rebound.example", false), ("page.example", true)])
    func `the host decides over who names no origin`(host: String, isTrusted: Bool) {
        #expect(crossOrigin().trusts(request(host: host)) == isTrusted)
        #expect((crossOrigin().judge(request(host: host), methods: "GET") == .goesOn) == isTrusted)
    }

    private struct Unexpected: Error {}
}
