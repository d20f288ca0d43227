import GraphQLTransport

@testable import AccessTokens

extension FuzzTarget {
    /// A hook's answer lets somebody in only if it says so, for a time that isn't over, and as whom it says.
    static let hookAnswers = FuzzTarget(
        name: "hook-answers",
        words: [
            "{\"allow\":true", "{\"allow\":false", "\"allow\":true", "\"subject\":\"", "\"topics\":[", "\"scopes\":[",
            "\"subscribe\"", "\"admin\"", "\"variables\":{", "\"sub\":", "\"expires\":", "\"cache\":\"credential\"",
            "\"cache\":\"request\"", "1e8", "1e999", "-1", "0", "null", "\\u0000", "\\uD800", " ", ",", "{", "}", "[",
            "]",
        ]
    ) { input throws(Violation) in
        var way = Way()
        let answer: HookAnswer
        do throws(HookAnswer.Malformed) {
            answer = try HookAnswer(parsing: input, at: 1000)
        } catch {
            way.pass(JSONScanner.hasDuplicateMembers(input.span) ? 1 : 0)
            return way.value
        }
        way.pass(kindOf: answer.reach)
        try require(!JSONScanner.hasDuplicateMembers(input.span), "an answer is taken that means two things")
        let said = Identity(subject: nil, claims: input)
        switch answer.judgement {
        case .allowed(let identity):
            try require(said.claim(path: "allow") == Array("true".utf8), "somebody is let in whom it doesn't let in")
            if let expiry = identity.expiry {
                try require(expiry > 1000 && expiry <= 1000 + HookAnswer.longestTime, "it ends never, or has ended")
            } else {
                try require(said.claim(path: "expires") == nil, "its end is forgotten")
            }
            let claims = identity.claims
            do {
                _ = try JSONScanner.scanObject(claims.span)
            } catch {
                throw Violation("the claims are no object")
            }
            try require((identity.subject == nil) == (said.claim(path: "subject") == nil), "it is about somebody else")
            if identity.subject != nil { try require(identity.claim(path: "sub") != nil, "the subject is no claim") }
            if answer.reach == .credential {
                try require(said.claim(path: "topics") != nil, "it holds for topics that it doesn't name")
            }
            way.pass(UInt64(identity.scopes.count))
            way.pass(kindOf: identity.topics)
        case .forbidden: try require(said.claim(path: "allow") == Array("false".utf8), "somebody is refused who isn't")
        case .unauthenticated: throw Violation("a body says what a status says")
        }
        return way.value
    }
}
