import GraphQLTransport
import TestSupport
import Testing

/// What a client and a relay say in members named `relay`.
struct RelayMembersTests {
    @Test(
        arguments: [
            (nil, #"{"relay":{"tokens":true}}"#), ("{}", #"{"relay":{"tokens":true}}"#),
            (" { } ", #" { "relay":{"tokens":true}} "#), (#"{"a":{}}"#, #"{"a":{},"relay":{"tokens":true}}"#),
            (#"{"a":"}"} "#, #"{"a":"}","relay":{"tokens":true}} "#), (#"{"relay":null}"#, #"{"relay":null}"#),
            (#"{"r\u0065lay":{"tokens":false}}"#, #"{"r\u0065lay":{"tokens":false}}"#),
        ] as [(String?, String)]
    )
    func `a payload asks for tokens beside what it says`(_ payload: String?, _ expected: String) throws {
        let asking = RelayMembers.asking(in: payload?.bytes)
        #expect(asking.text == expected)
        _ = try JSONScanner.scanObject(asking.span)
    }

    @Test func `extensions say where a subscription begins`() throws {
        let token = try #require(ResumeToken("a\"b:7"))
        #expect(RelayMembers.beginning(.usual, in: nil) == nil)
        #expect(RelayMembers.beginning(.last(5), in: nil)?.text == #"{"relay":{"last":5}}"#)
        #expect(
            RelayMembers.beginning(.after(token), in: #"{"x":1}"#.bytes)?.text
                == #"{"x":1,"relay":{"after":"a\"b:7"}}"#
        )
        let own = #"{"relay":{"last":1}}"#
        #expect(RelayMembers.beginning(.after(token), in: own.bytes)?.text == own)
    }

    private static func read(_ payload: String) -> NumberedPayload? { NumberedPayload(payload.bytes.span) }

    @Test func `a payload of a relay is read`() throws {
        let event = try #require(Self.read(#"{"data":{"n":1},"extensions":{"relay":{"token":"e:5"}}}"#))
        #expect(event.token == ResumeToken("e:5"))
        #expect(event.hasResult && event.gap == nil && event.newest == nil && !event.hasGapBefore)
        let opening = try #require(
            Self.read(#"{"data":null,"extensions":{"relay":{"token":"e:5","newest":"e:9","gapBefore":true}}}"#)
        )
        #expect(!opening.hasResult && opening.newest == 9 && opening.hasGapBefore)
        let gap = try #require(
            Self.read(#"{"data":null,"extensions":{"relay":{"token":"e:5","gap":{"after":"e:3","reason":"r"}}}}"#)
        )
        #expect(gap.gap == "r" && gap.token.sequence == 5)
        #expect(Self.read(#"{"errors":[{}],"extensions":{"relay":{"token":"a:b:0"}}}"#)?.hasResult == true)
        #expect(Self.read(#"{"extensions":{"relay":{"token":"e:1","gap":{}}}}"#)?.gap == "no reason")
        let other = #"{"extensions":{"relay":{"token":"e:1","newest":"f:2","gapBefore":1}}}"#
        #expect(Self.read(other)?.newest == nil && Self.read(other)?.hasGapBefore == false)
    }

    @Test(arguments: [
        "{}", #"{"data":1}"#, #"{"extensions":null}"#, #"{"extensions":{"relay":"e:1"}}"#,
        #"{"extensions":{"relay":{}}}"#,
        #"{"extensions":{"relay":{"token":5}}}"#, #"{"extensions":{"relay":{"token":"5"}}}"#,
        #"{"extensions":{"relay":{"token":"e:-1"}}}"#, #"{"extensions":{"relay":{"token":"e:9223372036854775808"}}}"#,
        #"{"data":{"extensions":{"relay":{"token":"e:1"}}}}"#, "[]", "",
        #"{"extensions":{"relay":{"token":"e:1"},"relay":{"token":"e:1"}}}"#,
    ])
    func `anything else has no number`(payload: String) { #expect(Self.read(payload) == nil) }

    /// `R` stands for what a relay puts in.
    @Test(arguments: [
        (#"{"data":1,"extensions":{"relay":R}}"#, #"{"data":1}"#),
        (#"{"extensions":{"relay":R},"data":1}"#, #"{"data":1}"#),
        (#"{ "extensions" : { "relay" : R } , "data":1}"#, #"{ "data":1}"#), (#"{"extensions":{"relay":R}}"#, "{}"),
        (#"{"data":1,"extensions":{"a":2,"relay":R}}"#, #"{"data":1,"extensions":{"a":2}}"#),
        (#"{"data":1,"extensions":{"relay":R,"a":2}}"#, #"{"data":1,"extensions":{"a":2}}"#),
        (#"{"data":1,"extensions":{"b":0, "relay":R , "a":2} }"#, #"{"data":1,"extensions":{"b":0 , "a":2} }"#),
        (#"{"data":1,"extensions":{"r\u0065lay":R}}"#, #"{"data":1}"#),
        (#"{"data":{"relay":1},"extensions":{"relay":R}}"#, #"{"data":{"relay":1}}"#),
        (#"{"extensions":{"relay":R},"extensions":{"relay":R}}"#, #"{"extensions":{"relay":R},"extensions":{}}"#),
    ])
    func `the member is taken out, and all else stays as it was`(_ payload: String, _ expected: String) {
        let bytes = payload.replacing("R", with: #"{"token":"e:1"}"#).bytes
        let result = expected.replacing("R", with: #"{"token":"e:1"}"#)
        #expect(NumberedPayload(bytes.span)?.result(in: bytes.span).text == result)
        #expect(NumberedPayload(result.bytes.span) == nil)
    }

    /// Whatever a payload looks like, what a relay puts in comes out again.
    @Test(arguments: [
        "{}", #"{"data":1}"#, #" { "data" : 1 } "#, #"{"extensions":{"a":1},"data":1}"#,
        #"{"data":1,"extensions":{"a":{"relay":2}, "b":[]}}"#, #"{"errors":[],"extensions":{ "x" : 1 }}"#,
    ])
    func `what is put in comes out again`(payload: String) {
        var numbered: [UInt8] = []
        ResultExtension.append(
            payload.bytes.span,
            setting: "relay",
            to: #"{"token":"e:12"}"#.bytes,
            into: &numbered
        )
        let read = NumberedPayload(numbered.span)
        #expect(read?.token == ResumeToken("e:12"))
        #expect(read?.result(in: numbered.span).text == payload)
    }

    /// What stands twice there, which no server should send, hides no number.
    @Test(arguments: [
        (#"{"data":1,"extensions":{"relay":2,"a":3,"relay":4}}"#, #"{"data":1}"#),
        (#"{"extensions":{"a":1},"extensions":{}}"#, #"{"extensions":{"a":1},"extensions":{}}"#),
        (#"{"extensions":{"a":1},"extensions":{"relay":2}}"#, #"{"extensions":{"a":1},"extensions":{}}"#),
    ])
    func `a member that stands twice leaves its place to the relay's`(payload: String, _ rest: String) {
        var numbered: [UInt8] = []
        ResultExtension.append(payload.bytes.span, setting: "relay", to: #"{"token":"e:12"}"#.bytes, into: &numbered)
        let read = NumberedPayload(numbered.span)
        #expect(read?.token == ResumeToken("e:12"))
        #expect(read?.result(in: numbered.span).text == rest)
    }

    @Test func `a token is what it was written as`() {
        for text in ["e:0", "a:b:12", ":3", "é \"x:18446744073709551615"] {
            #expect(ResumeToken(text)?.description == text)
        }
        for text in ["", "e", "e:", "e:x", "e:-1", "e:1 ", String(repeating: "e", count: 99) + ":1"] {
            #expect(ResumeToken(text) == nil)
        }
    }
}
