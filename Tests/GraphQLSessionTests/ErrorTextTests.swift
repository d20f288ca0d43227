import GraphQLTransport
import Testing

@testable import GraphQLSession

struct ErrorTextTests {
    @Test(arguments: [
        (LinkFailure.closed(code: .forbidden, reason: "a\r\nb\u{1B}[2J\u{85}\u{2028}c"), "with 4403: a  b [2J  c"),
        (.closed(code: .goingAway, reason: ""), "with 1001"),
        (.closed(code: .protocolError, reason: "x"), "with 1002: x"),
        (.lost(reason: ""), "the connection broke"),
        (.subprotocolRefused(chosen: nil), "speaks no subprotocol that was offered"),
        (.dropped(code: .badResponse, reason: "why"), "dropped with 4004: why"),
    ])
    func `a failure is told in one line, whatever the server sent`(failure: LinkFailure, ending: String) {
        let text = failure.description
        #expect(text.hasSuffix(ending), "\(text)")
        #expect(SessionError.ended(failure).description == "the session ended: \(text)")
    }

    @Test func `GraphQL errors are told in one line`() {
        let error = QueryError(errors: Array("[\n  {\"message\": \"no\"}\n]".utf8))
        #expect(error.description == #"the server answers with errors: [   {"message": "no"} ]"#)
    }
}
