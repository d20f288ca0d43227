import Testing

@testable import FanoutLoad

@Suite struct ChaosClientTests {
    private static let start = ContinuousClock.now

    /// A client with the frames that it is given, and what it sends.
    private struct Session {
        var client = ChaosClient(index: 1, script: .init(operationName: "tick", query: nil, sequenceKey: "n"))
        var memo = RecentEvents()
        var time = ChaosClientTests.start

        /// Opens a connection; the text of the subscription.
        mutating func open() throws -> String {
            client.connectBegan()
            client.connected(host: "127.0.0.1:1", target: "/graphql")
            guard case .handshaking(let handshake) = client.phase else {
                Issue.record("no handshake")
                return ""
            }
            client.output = []
            let request = ServerHandshake.Request(key: handshake.key, target: "/", subprotocols: [])
            let answer = ServerHandshake.acceptance(request, subprotocol: "graphql-transport-ws")
            let goesOn = client.receive(answer.span, memo: &memo, now: time)
            let opening = LoadClientTests.take(&client.output).payload
            #expect(goesOn && opening.contains(#""tokens":true"#))
            hear(#"{"type":"connection_ack","payload":{"relay":{"tokens":true}}}"#)
            return LoadClientTests.take(&client.output).payload
        }

        @discardableResult
        mutating func hear(_ text: String) -> Bool {
            client.receive(LoadClientTests.text(text).span, memo: &memo, now: time)
        }

        mutating func event(_ number: Int, _ token: String) {
            hear(
                #"{"id":"1","type":"next","payload":{"data":{"tick":{"n":\#(number),"at":1.5,"pad":"xx"}},"#
                    + #""extensions":{"relay":{"token":"\#(token)"}}}}"#
            )
        }

        mutating func place(_ relay: String) {
            hear(#"{"id":"1","type":"next","payload":{"data":null,"extensions":{"relay":{\#(relay)}}}}"#)
        }
    }

    @Test func `a client that comes back asks for what follows its last token`() throws {
        var session = Session()
        let first = try session.open()
        #expect(first == #"{"id":"1","type":"subscribe","payload":{"query":"","operationName":"tick"}}"#)
        session.place(#""token":"e:7""#)
        session.event(20, "e:8")
        session.event(21, "e:9")
        session.client.lost()
        #expect(session.client.breaks == 1)
        let second = try session.open()
        #expect(second.hasSuffix(#","extensions":{"relay":{"after":"e:9"}}}}"#))
        session.place(#""token":"e:9""#)
        session.event(22, "e:10")
        #expect(session.client.judge.counts == .init(events: 3))
    }

    @Test func `a client that never had an event begins at the place that it was told`() throws {
        var session = Session()
        _ = try session.open()
        session.place(#""token":"e:7""#)
        session.client.lost()
        let second = try session.open()
        #expect(second.contains(#""after":"e:7""#))
    }

    @Test func `gaps are told by themselves, and before what came while a client was away`() throws {
        var session = Session()
        _ = try session.open()
        session.event(20, "e:8")
        session.place(#""token":"e:8","gap":{"after":"e:8","reason":"a \"token\": lost"}"#)
        session.event(25, "e:9")
        session.place(#""token":"f:0","gap":{"after":"e:9","reason":"the epoch is over"}"#)
        session.event(26, "f:1")
        session.place(#""token":"f:1","newest":"f:4","gapBefore":true"#)
        session.event(28, "f:2")
        #expect(session.client.judge.counts == .init(events: 4, gaps: 3, missed: 5))
    }

    @Test func `another epoch that nobody told is a hole`() throws {
        var session = Session()
        _ = try session.open()
        session.event(20, "e:8")
        session.event(21, "f:9")
        #expect(session.client.judge.counts == .init(events: 2, holes: 1))
    }

    @Test func `what was parsed for one client is known for the next, but its place is judged anew`() throws {
        var session = Session()
        _ = try session.open()
        for number in 1...3 { session.event(number, "e:\(number)") }
        session.client = ChaosClient(index: 2, script: .init(operationName: "tick", query: nil, sequenceKey: "n"))
        _ = try session.open()
        for number in [1, 2, 3, 3] { session.event(number, "e:\(number)") }
        #expect(session.client.judge.counts == .init(events: 4, doubled: 1))
    }

    @Test func `a stall is the longest time between two events`() throws {
        var session = Session()
        _ = try session.open()
        for (number, seconds) in [0, 1, 5, 6].enumerated() {
            session.time = Self.start + .seconds(seconds)
            session.event(number, "e:\(number)")
        }
        let stalls = [session.client.takeLongest(), session.client.takeLongest()]
        #expect(stalls == [.seconds(4), .zero])
    }

    @Test(arguments: [
        #"{"id":"1","type":"error","payload":[]}"#, #"{"id":"1","type":"complete"}"#,
    ])
    func `an operation that ends makes the client come back`(text: String) throws {
        var session = Session()
        _ = try session.open()
        let goesOn = session.hear(text)
        #expect(!goesOn)
    }
}
