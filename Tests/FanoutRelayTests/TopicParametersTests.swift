import Fanout
import GraphQLTransport
import Testing

@testable import FanoutRelay

struct TopicParametersTests {
    private func read(_ parameters: [String: String], lastEventID: String? = nil) throws(StartPositionError)
        -> TopicParameters
    {
        try TopicParameters({ parameters[$0] }, lastEventID: lastEventID)
    }

    @Test func `without any, events come as the topic has them`() throws {
        let parameters = try read([:])
        #expect(parameters.format == .event)
        #expect(parameters.startPosition == .usual)
        #expect(parameters.lagAction == nil)
    }

    @Test(arguments: [
        (["format": "event"], TopicParameters.Format.event), (["format": "payload"], .payload),
        (["format": "payload", "unknown": "x"], .payload),
    ])
    func `the format is`(parameters: [String: String], format: TopicParameters.Format) throws {
        #expect(try read(parameters).format == format)
    }

    @Test(
        arguments: [
            (["last": "1"], nil, StartPosition.last(1)), (["last": "100000"], nil, .last(100_000)),
            (["after": "e:7"], nil, .after(ResumeToken("e:7") ?? .unknown)),
            (["after": "e:7", "last": "3"], nil, .after(ResumeToken("e:7") ?? .unknown)),
            // A browser comes back with the address that it had first.
            (["after": "e:7"], "e:9", .after(ResumeToken("e:9") ?? .unknown)),
            (["last": "nonsense"], "e:9", .after(ResumeToken("e:9") ?? .unknown)),
            ([:], "nonsense", .after(.unknown)), ([:], "", .after(.unknown)),
        ] as [([String: String], String?, StartPosition)]
    )
    func `it starts`(parameters: [String: String], lastEventID: String?, position: StartPosition) throws {
        #expect(try read(parameters, lastEventID: lastEventID).startPosition == position)
    }

    @Test(arguments: [("skip", TopicDefinition.LagAction.skip), ("latest", .latest)])
    func `a client may ask to be overtaken`(text: String, action: TopicDefinition.LagAction) throws {
        #expect(try read(["lag": text]).lagAction == action)
    }

    @Test(arguments: [
        (["format": ""], "format is event or payload, not "),
        (["format": "EVENT"], "format is event or payload, not EVENT"),
        (["after": "7"], "after is EPOCH:SEQUENCE"), (["after": ""], "after is EPOCH:SEQUENCE"),
        (["after": "e:-1"], "after is EPOCH:SEQUENCE"), (["last": "0"], "last is 1 to 100000"),
        (["last": "100001"], "last is 1 to 100000"), (["last": ""], "last is 1 to 100000"),
        (["lag": "disconnect"], "lag is skip or latest"), (["lag": ""], "lag is skip or latest"),
    ])
    func `what can't be read is refused with what may be given`(parameters: [String: String], allowed: String) {
        #expect(throws: StartPositionError(allowed: allowed)) { try read(parameters) }
    }

    @Test func `what is refused is told in part`() {
        let told = StartPositionError(allowed: "format is event or payload, not " + String(repeating: "x", count: 100))
        #expect(throws: told) { try read(["format": String(repeating: "x", count: 5000)]) }
    }
}
