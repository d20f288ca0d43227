import Testing

@testable import FanoutRelay

struct CredentialTests {
    @Test(
        arguments: [
            (nil, nil, nil, Credential.none), ("Bearer abc", nil, nil, .token("abc")),
            ("bearer  abc ", nil, nil, .token("abc")),
            ("Basic abc", nil, nil, .none), ("Bearer", nil, nil, .none), ("Bearer ", nil, nil, .none),
            (nil, "session=abc", nil, .token("abc")), (nil, "a=1; session=\"abc\";b=2", nil, .token("abc")),
            (nil, "Session=abc", nil, .none), (nil, "session=", nil, .none), (nil, "xsession=abc", nil, .none),
            (nil, "session=a=b", nil, .token("a=b")), ("Bearer abc", "session=abc", nil, .token("abc")),
            ("Bearer abc", "session=def", nil, .ambiguous), (nil, nil, "abc", .ticket("abc")),
            ("Bearer abc", nil, "abc", .ambiguous), (nil, "session=abc", "abc", .ambiguous),
        ] as [(String?, String?, String?, Credential)]
    )
    func `a request shows`(authorization: String?, cookie: String?, ticket: String?, credential: Credential) {
        let shown = Credential(
            authorization: authorization,
            cookie: cookie,
            ticket: ticket,
            cookieName: "session"
        )
        #expect(shown == credential)
    }

    @Test func `a cookie counts only if the operator names it`() {
        let shown = Credential(authorization: nil, cookie: "session=abc", ticket: nil, cookieName: nil)
        #expect(shown == .none)
    }

    @Test(arguments: [
        ("{}", Credential.none), (#"{"Authorization":"Bearer abc"}"#, .token("abc")),
        (#"{"authorization":"bearer abc"}"#, .token("abc")), (#"{"authorization":"abc"}"#, .token("abc")),
        (#"{"token":"abc"}"#, .token("abc")), (#"{"headers":{"Authorization":"Bearer abc"}}"#, .token("abc")),
        (#"{"headers":{"authorization":"abc"}}"#, .token("abc")), (#"{"headers":"abc"}"#, .none),
        (#"{"token":"abc","Authorization":"Bearer abc"}"#, .token("abc")),
        (#"{"token":"abc","Authorization":"Bearer def"}"#, .ambiguous), (#"{"token":7}"#, .none),
        (#"{"token":null,"authorization":""}"#, .none), (#"{"token":"\u0061bc"}"#, .token("abc")),
        (#"{"nested":{"token":"abc"}}"#, .none),
    ])
    func `a payload shows`(payload: String, credential: Credential) {
        let bytes = Array(payload.utf8)
        #expect(Credential(payload: bytes.indices, in: bytes.span) == credential)
    }

    @Test func `a connection_init without a payload shows nothing`() {
        #expect(Credential(payload: nil, in: Span()) == .none)
    }
}
