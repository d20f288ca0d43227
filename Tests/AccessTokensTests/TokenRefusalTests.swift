import AccessTokens
import GraphQLTransport
import Testing
import Wire

/// What clients and operators are told.
struct TokenRefusalTests {
    static let all: [TokenRefusal] =
        [
            .absent, .tooLarge, .malformed, .critical, .algorithmNotAllowed, .unknownKey, .badSignature, .missingExpiry,
            .expired, .notYetValid, .wrongIssuer, .wrongAudience, .notATicket, .ticketTooLong, .unknownToken,
            .forbiddenTopic, .keysAwaited, .denied, .forbidden,
        ] + Scope.allCases.map { .missingScope($0) }

    @Test func `each has a label of its own, and a sentence that fits a close frame`() {
        #expect(Set(Self.all.map(\.metricReason)).count == Self.all.count - Scope.allCases.count + 1)
        #expect(Set(Self.all.map(\.message)).count == Self.all.count)
        for refusal in Self.all {
            #expect(refusal.metricReason.allSatisfy { $0.isLowercase || $0 == "_" })
            // A quoted string of RFC 9110, section 5.6.4.
            #expect(refusal.message.utf8.allSatisfy { (0x20..<0x7F).contains($0) && $0 != 0x22 && $0 != 0x5C })
            #expect(refusal.message.utf8.count <= CloseFrame.maximumReasonLength)
        }
    }

    @Test(
        arguments: [
            (.absent, 401, .unauthorized, "Bearer"),
            (
                .badSignature, 401, .unauthorized,
                #"Bearer error="invalid_token", error_description="the token's signature is wrong""#
            ),
            (.expired, 401, .forbidden, #"Bearer error="invalid_token", error_description="token expired""#),
            (
                .forbiddenTopic, 403, .forbidden,
                #"Bearer error="insufficient_scope", error_description="the token isn't for this topic""#
            ),
            (
                .missingScope(.own), 403, .forbidden,
                #"Bearer error="insufficient_scope", error_description="the token lacks the scope 'own'", scope="own""#
            ),
        ] as [(TokenRefusal, Int, CloseCode, String)]
    )
    func `the kind decides over status and close code`(
        _ refusal: TokenRefusal,
        _ status: Int,
        _ code: CloseCode,
        _ challenge: String
    ) {
        #expect(refusal.kind.status == status)
        #expect(refusal.kind.closeCode == code)
        #expect(refusal.challenge == challenge)
    }
}
