import AccessTokens
import Testing
import WebSockets

@testable import FanoutRelay

/// Who a client is by its certificate, where clients are asked for one.
struct CertifiedDoorTests {
    private static let token = "reader-reader-reader"
    private static let future = Int64(4_000_000_000)

    private enum Outcome: Equatable {
        case granted(subject: String?, scopes: [Scope], expiry: Double?)
        case absent
        case refused(String)
    }

    private static func outcome(_ certificate: ClientCertificate?, _ token: String?, knowsTokens: Bool) throws
        -> Outcome
    {
        let tokens = try StaticTokens(parsing: Array("\(Self.token) subject=ben\n".utf8))
        let authorizer = Authorizer(verifier: knowsTokens ? TokenVerifier(staticTokens: tokens) : nil)
        let request = UpgradeRequest(
            path: "/topics/m",
            authorization: token.map { "Bearer \($0)" },
            certificate: certificate
        )
        let question = AccessQuestion(request, topics: ["m"], cookieName: nil, at: .certified)
        switch authorizer.judge(question) {
        case .granted(let grant):
            return .granted(subject: grant.subject, scopes: Scope.allCases.filter(grant.has), expiry: grant.expiry)
        case .absent: return .absent
        case .refused(let refusal): return .refused(refusal.metricReason)
        case .later: return .refused("later")
        }
    }

    private static func certified(_ subject: String?, until end: Double? = Double(future)) -> Outcome {
        .granted(subject: subject, scopes: [.subscribe, .execute, .own], expiry: end)
    }

    @Test(arguments: [false, true])
    func `a certificate alone is a credential`(knowsTokens: Bool) throws {
        let cases: [(ClientCertificate?, Outcome)] = [
            (ClientCertificate(name: .named("ann"), end: Self.future), Self.certified("ann")),
            (ClientCertificate(name: .nobody, end: Self.future), Self.certified(nil)),
            (ClientCertificate(name: .named("ann"), end: 0), Self.certified("ann", until: nil)),
            (ClientCertificate(name: .unusable, end: Self.future), .refused("certificate_name")),
            (ClientCertificate(name: .named("ann"), end: 1), .refused("certificate_ended")),
            (nil, knowsTokens ? .absent : .refused("certificate_missing")),
        ]
        for (certificate, outcome) in cases {
            #expect(try Self.outcome(certificate, nil, knowsTokens: knowsTokens) == outcome)
        }
    }

    @Test func `a token goes before it where there are any`() throws {
        let ann = ClientCertificate(name: .named("ann"), end: Self.future)
        let ben = Outcome.granted(subject: "ben", scopes: [.subscribe], expiry: nil)
        #expect(try Self.outcome(ann, Self.token, knowsTokens: true) == ben)
        #expect(try Self.outcome(nil, Self.token, knowsTokens: true) == ben)
        #expect(try Self.outcome(ann, "wrong-wrong-wrong", knowsTokens: true) == .refused("unknown_token"))
        #expect(try Self.outcome(ann, Self.token, knowsTokens: false) == Self.certified("ann"))
        #expect(try Self.outcome(nil, Self.token, knowsTokens: false) == .refused("certificate_missing"))
    }

    @Test func `its name is a claim, whatever is in it`() throws {
        let certificate = ClientCertificate(name: .named(#"a"b\é"#), end: Self.future)
        let identity = try Identity(certificate, at: 0)
        #expect(identity.claim(path: "sub").map { String(decoding: $0, as: UTF8.self) } == #""a\"b\\é""#)
        #expect(try Identity(ClientCertificate(name: .nobody, end: 0), at: 0).claim(path: "sub") == nil)
    }

    @Test func `who isn't let in is told what is wrong, and isn't asked for a token`() {
        for (flaw, words) in [
            (CertificateFlaw.missing, "a client certificate is needed"), (.ended, "the client certificate has expired"),
            (.name, "the client certificate's name can't be used"),
        ] {
            let refusal = AccessRefusal.certificate(flaw)
            #expect(refusal.status == 403 && refusal.headers.isEmpty && refusal.reason == words)
            #expect(refusal.closeReason == "Forbidden: \(words)")
        }
    }
}
