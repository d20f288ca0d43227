import Testing
import Wire

@testable import WebSockets

struct SwallowedHeaderTests {
    @Test(arguments: [
        ("X-Auth", "x-auth-token"), ("x-a", "x-auth-token"), ("Auth", "authorization"), ("Conn", "connection"),
        ("Accept-Lang", "accept-language"), ("If-N", "if-none-match"), ("X-Real", "x-real-ip"),
        ("X-Forwarded", "x-forwarded-for"), ("Ho", "host"), ("Sec-WebSocket", "sec-websocket-draft"),
        // Methods have no colon behind which a name would end.
        ("Get", "get"), ("Pa", "patch"), ("Put", "put"), ("Putter", "put"), ("Deleted-At", "delete"),
    ])
    func `a name that goes on as a known one is misread`(name: String, known: String) throws {
        let swallowed = try #require(SwallowedHeader(name))
        #expect(swallowed.known.hasPrefix(known) || known.hasPrefix(name.lowercased()))
    }

    @Test(arguments: [
        "X-Auth-Token", "X-Auth-Token-2", "Authorization", "Authorizations", "X-Api-Key", "Accept", "Accept-Language",
        "Cookie", "Cookie2", "Host", "Hostess", "Sec-WebSocket-Key", "Date", "Te", "Apollo-Require-Preflight", "",
    ])
    func `a known name, and one that goes its own way, is read`(name: String) { #expect(SwallowedHeader(name) == nil) }

    @Test func `the rule is one of names alone`() {
        let tokens = ["ab:", "abc-d:", "do ", "go", "", "\r\n"]
        let misread = ["a", "abc", "abc-", "d", "do", "g", "go", "gone"]
        for name in misread { #expect(SwallowedHeader(name, among: tokens) != nil, "\(name)") }
        for name in ["ab", "abc-d", "abc-de", "done", "x", "b"] {
            #expect(SwallowedHeader(name, among: tokens) == nil, "\(name)")
        }
    }

    @Test func `the hint names the header, what it is taken for, and what to do`() {
        let known = HTTPField(name: "Authorization", value: "a")
        let hint = DialFailure.hint(on: [known, HTTPField(name: "X-Auth", value: "b")])
        #expect(hint == "; a server on libwebsockets misreads the header X-Auth, for it knows x-auth-token: rename it")
        #expect(DialFailure.hint(on: [known]) == "")
    }
}
