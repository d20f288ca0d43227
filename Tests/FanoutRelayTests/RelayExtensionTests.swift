import Testing

@testable import Fanout
@testable import FanoutRelay
@testable import GraphQLTransport

struct RelayExtensionTests {
    private static func asks(_ payload: String) -> Bool {
        let bytes = Array(payload.utf8)
        return RelayMembers.hasTokens(0..<bytes.count, in: bytes.span)
    }

    private static func startPosition(_ extensions: String) throws -> StartPosition {
        try RelayExtension.startPosition(Array(extensions.utf8))
    }

    @Test(arguments: [
        #"{"relay":{"tokens":true}}"#, #"{ "token" : "x" , "\u0072elay" : { "a" : 1, "tokens" : true } }"#,
        #"{"relay":{"tokens":false},"relay":{"tokens":true}}"#,
    ])
    func `a client asks for tokens`(payload: String) { #expect(Self.asks(payload)) }

    @Test(arguments: [
        "{}", #"{"relay":null}"#, #"{"relay":true}"#, #"{"relay":"tokens"}"#, #"{"relay":{}}"#, #"{"tokens":true}"#,
        #"{"relay":{"tokens":false}}"#, #"{"relay":{"tokens":"true"}}"#, #"{"relay":{"tokens":1}}"#,
        #"{"relay":{"tokens":null}}"#, #"{"relay":[{"tokens":true}]}"#, #"{"a":{"relay":{"tokens":true}}}"#,
        #"{"relay":{"tokens":true},"relay":{}}"#,
    ])
    func `anything else asks for nothing`(payload: String) { #expect(!Self.asks(payload)) }

    @Test func `without a payload nothing is asked for`() throws {
        let asks = RelayMembers.hasTokens(nil, in: Span())
        #expect(!asks)
        let startPosition = try RelayExtension.startPosition(nil)
        #expect(startPosition == .usual)
    }

    @Test func `a place to begin is read, the token before the count`() throws {
        let token = try #require(ResumeToken("e:5"))
        #expect(try Self.startPosition(#"{"relay":{"after":"e:5"}}"#) == .after(token))
        #expect(try Self.startPosition(#"{"relay":{"after":"\u0065:5","last":3}}"#) == .after(token))
        #expect(try Self.startPosition(#"{"relay":{"last":3,"after":null}}"#) == .last(3))
        #expect(try Self.startPosition(#"{"other":1}"#) == .usual)
        #expect(try Self.startPosition(#"{"relay":{}}"#) == .usual)
    }

    @Test(arguments: [
        #"{"after":5}"#, #"{"after":"5"}"#, #"{"after":""}"#, #"{"after":{}}"#, #"{"last":0}"#, #"{"last":1e3}"#,
        #"{"last":"3"}"#, #"{"last":-1}"#, #"{"last":100001}"#, #"{"last":[3]}"#, #"{"last":true}"#,
    ])
    func `a place that can't be understood is refused`(relay: String) {
        #expect(throws: StartPositionError.self) { try Self.startPosition(#"{"relay":\#(relay)}"#) }
    }
}
