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
            .forbiddenTopic,
        ] + Scope.allCases.map { .missingScope($0) }

    @Test func `each has a label of its own, and a sentence that fits a close frame`() {
        #expect(Set(Self.all.map(\.metricReason)).count == Self.all.count - Scope.allCases.count + 1)
        #expect(Set(Self.all.map(\.message)).count == Self.all.count)
        for refusal in Self.all {
            #expect(refusal.metricReason.allSatisfy { $0.isLowercase || $0 == "_" })
            #expect(refusal.message.utf8.count <= CloseFrame.maximumReasonLength)
        }
    }

    @Test(
        arguments: [
            (.absent, 401, .unauthorized, "invalid_token"), (.badSignature, 401, .unauthorized, "invalid_token"),
            (.expired, 401, .forbidden, "invalid_token"), (.forbiddenTopic, 403, .forbidden, "insufficient_scope"),
            (.missingScope(.own), 403, .forbidden, "insufficient_scope"),
        ] as [(TokenRefusal, Int, CloseCode, String)]
    )
    func `the kind decides over status and close code`(
        _ refusal: TokenRefusal,
        _ status: Int,
        _ code: CloseCode,
        _ error: String
    ) {
        #expect(refusal.kind.status == status)
        #expect(refusal.kind.closeCode == code)
        #expect(refusal.kind.bearerError == error)
    }
}
