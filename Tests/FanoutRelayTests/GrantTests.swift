import AccessTokens
import Testing

@testable import FanoutRelay

struct GrantTests {
    @Test func `a grant is no larger than a reference, and neither is the lack of one`() {
        #expect(MemoryLayout<Grant>.size == MemoryLayout<Int>.size)
        #expect(MemoryLayout<Grant?>.size == MemoryLayout<Int>.size)
    }

    @Test func `what came in an address is good for streams only`() {
        let identity = Identity(subject: "ann", topics: .names(["a*"]), scopes: ScopeSet(Scope.allCases), expiry: 5)
        let scopes = { (grant: Grant) in Scope.allCases.filter(grant.has) }
        #expect(scopes(.identity(identity)) == Scope.allCases)
        #expect(scopes(.streams(identity)) == [.subscribe, .own])
        #expect(scopes(.everything) == Scope.allCases)
        #expect(Grant.identity(identity).mayAskNamedQueries && !Grant.streams(identity).mayAskNamedQueries)
        #expect(Grant.everything.expiry == nil && Grant.streams(identity).expiry == 5)
    }

    @Test func `names are permitted by its topics, whatever the scope`() {
        let grant = Grant.identity(Identity(subject: "ann", topics: .names(["a*"]), scopes: [.execute]))
        #expect(grant.permits("abc") && !grant.permits("b") && !grant.allows(topic: "abc"))
        #expect(Grant.everything.permits("b") && Grant.everything.allows(topic: "b"))
    }

    @Test func `it has its identity's claims, and nobody's where nobody is asked`() {
        let grant = Grant.identity(Identity(subject: nil, claims: Array(#"{"a":{"b":7}}"#.utf8)))
        #expect(grant.claim("a.b") == [UInt8(ascii: "7")])
        #expect(grant.claim("a.c") == nil && Grant.everything.claim("a.b") == nil)
    }
}
