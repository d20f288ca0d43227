import GraphQLTransport
import Testing

@Suite struct CloseCodeTests {
    @Test(arguments: [
        (CloseCode.goingAway, "Going away"), (.badResponse, "Bad response"),
        (.internalClientError, "Internal client error"),
        (.badRequest, "Invalid message received"), (.unauthorized, "Unauthorized"), (.forbidden, "Forbidden"),
        (.subprotocolNotAcceptable, "Subprotocol not acceptable"),
        (.connectionInitialisationTimeout, "Connection initialisation timeout"),
        (.tooManyInitialisationRequests, "Too many initialisation requests"),
        (.internalServerError, "Internal server error"),
        (.connectionAcknowledgementTimeout, "Connection acknowledgement timeout"),
    ])
    func `P1 P3 P4 P5 P7 P22 C3 reasons are those of the reference`(_ code: CloseCode, _ reason: String) {
        #expect(code.defaultReason == reason)
        #expect(code.description == "\(code.rawValue) \(reason)")
    }

    @Test func `an unknown code has no text`() {
        #expect(CloseCode(rawValue: 4999).description == "4999")
    }

    @Test(
        arguments: [
            (1000, true), (1004, false), (1005, false), (1006, false), (1014, true), (1015, false), (999, false),
            (2999, false), (3000, true), (4999, true), (5000, false),
        ] as [(UInt16, Bool)]
    )
    func `codes that never stand on the wire are known`(_ code: UInt16, _ sendable: Bool) {
        #expect(CloseCode(rawValue: code).isSendable == sendable)
    }

    @Test(arguments: 0..<5)
    func `P21 a reason is clipped to 123 bytes at a character of UTF-8`(_ padding: Int) {
        for character in ["a", "é", "€", "😀"] {
            let reason = String(repeating: "x", count: padding) + String(repeating: character, count: 130)
            let clipped = CloseCode.clip(reason)
            #expect(clipped.utf8.count <= 123)
            #expect(clipped.utf8.count > 123 - 4)
            #expect(reason.utf8.starts(with: clipped.utf8))
            #expect(!clipped.unicodeScalars.contains("\u{FFFD}"))
        }
        let fits = String(repeating: "é", count: 61)
        #expect(CloseCode.clip(fits) == fits)
    }

    @Test(
        arguments: [
            (1000, false), (1001, false), (1002, false), (1003, true), (1005, false), (1006, false), (1007, true),
            (1008, true), (1009, true), (1011, false), (1012, false), (1013, false), (1014, false), (1015, true),
            (1999, true),
            (3000, false), (4000, false), (4004, true), (4005, true), (4205, false), (4400, true), (4401, true),
            (4403, true), (4406, true), (4408, false), (4409, true), (4429, true), (4499, false), (4500, false),
            (4504, false),
        ] as [(UInt16, Bool)]
    )
    func `C10 C16 the table of fatal codes`(_ code: UInt16, _ fatal: Bool) {
        #expect(CloseCodePolicy()[CloseCode(rawValue: code)] == (fatal ? .fatal : .retry))
    }

    @Test func `C10 any code can be overridden`() {
        var policy = CloseCodePolicy()
        policy[.unauthorized] = .retry
        policy[.goingAway] = .fatal
        #expect(policy[.unauthorized] == .retry)
        #expect(policy[.goingAway] == .fatal)
        #expect(policy[.badRequest] == .fatal)
    }
}
