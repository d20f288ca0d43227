import Backoffs
import GraphQLTransport
import Testing

@testable import GraphQLSession

struct LinkMachineTests {
    private let unreachable = LinkFailure.unreachable(reason: "down")

    @Test func `C1 the init goes out with the upgrade, and its payload`() {
        var transcript = Transcript()
        transcript.expect([(0, .start, .dial), (1, .upgraded, .sendInit), (2, .acknowledgement, .acknowledged)])
        #expect(transcript.machine.isLive)
        #expect(transcript.machine.generation == 1)

        var machine = Transcript().machine
        _ = machine.start(at: .zero)
        let message = machine.opened(subprotocol: "graphql-transport-ws", initPayload: Array("{}".utf8), at: .zero)
        #expect(message == .send(Array(#"{"type":"connection_init","payload":{}}"#.utf8)))
    }

    @Test(arguments: ["graphql-ws", "GRAPHQL-TRANSPORT-WS", ""])
    func `another subprotocol is refused and tried again`(subprotocol: String) {
        var transcript = Transcript { $0.subprotocols = [.transport] }
        transcript.expect([
            (0, .start, .dial), (1, .opened(subprotocol), .retry(.subprotocolRefused(chosen: subprotocol), 1)),
            (2, .tick, .dial),
        ])
    }

    @Test func `a dial that takes too long is unreachable`() {
        var transcript = Transcript { $0.connectTimeout = .seconds(3) }
        transcript.expect([
            (10, .start, .dial), (12.999, .tick, .none),
            (13, .tick, .retry(.unreachable(reason: "no connection within 3.0 seconds"), 1)),
            (13.999, .tick, .none), (14, .tick, .dial),
        ])
    }

    @Test func `C2 a first message that is no acknowledgement drops the link with 4004, which is tried again`() {
        var transcript = Transcript()
        let reason = "Bad response: an operation's message came before the connection_ack"
        transcript.expect([
            (0, .start, .dial), (0, .upgraded, .sendInit),
            (1, .text(Wire.next("1", 1)), .retry(.dropped(code: .badResponse, reason: reason), 1)),
            (1, .acknowledgement, .none), (2, .tick, .dial),
        ])
    }

    @Test func `C3 an acknowledgement that takes too long drops the link with 4504, which is tried again`() {
        var transcript = Transcript { $0.acknowledgementTimeout = .seconds(4) }
        let failure = LinkFailure.dropped(
            code: .connectionAcknowledgementTimeout,
            reason: "Connection acknowledgement timeout"
        )
        transcript.expect([
            (0, .start, .dial), (1, .upgraded, .sendInit), (4.999, .tick, .none), (5, .tick, .retry(failure, 1)),
            (5, .acknowledgement, .none), (6, .tick, .dial),
        ])
    }

    @Test func `C4 nothing is subscribed before the acknowledgement`() throws {
        let request = try GraphQLRequest(query: "subscription { n }")
        var transcript = Transcript()
        #expect(transcript.machine.subscribe(id: 1, request) == nil)
        transcript.expect([(0, .start, .dial)])
        #expect(transcript.machine.subscribe(id: 1, request) == nil)
        transcript.expect([(0, .upgraded, .sendInit)])
        #expect(transcript.machine.subscribe(id: 1, request) == nil)
        transcript.expect([(0, .acknowledgement, .acknowledged)])
        #expect(transcript.machine.subscribe(id: 1, request) != nil)
        transcript.expect([(1, .closed(1001), .retry(closed: 1001, 1))])
        #expect(transcript.machine.subscribe(id: 2, request) == nil)
        #expect(transcript.machine.complete(id: 1) == nil)
    }

    @Test func `C5 a ping is answered before and after the acknowledgement`() {
        var transcript = Transcript()
        let ping = #"{"type":"ping","payload":{"a":1}}"#
        let pong = LinkMachine.Action.send(Array(#"{"type":"pong","payload":{"a":1}}"#.utf8))
        transcript.expect([
            (0, .start, .dial), (0, .upgraded, .sendInit), (0, .text(ping), pong),
            (0, .acknowledgement, .acknowledged), (0, .text(ping), pong),
        ])
    }

    @Test(arguments: ["", "{", "[]"])
    func `C7 what is no JSON object drops the link, and nothing after it counts`(text: String) {
        var transcript = Transcript()
        transcript.expect([(0, .start, .dial), (0, .upgraded, .sendInit), (0, .acknowledgement, .acknowledged)])
        guard case .lost(.dropped(.badResponse, _), .seconds(1)) = transcript.feed(.text(text), at: 1) else {
            Issue.record("the link isn't dropped with 4004")
            return
        }
        #expect(!transcript.machine.isLive)
        transcript.expect([(1, .text(Wire.next("1", 1)), .none), (2, .tick, .dial)])
    }

    @Test(arguments: [1003, 1007, 1008, 1009, 4400, 4401, 4403, 4406, 4409, 4429, 4004, 4005] as [UInt16])
    func `C10 a fatal code from the server pauses a session, or ends it where that is asked for`(code: UInt16) {
        var pausing = Transcript()
        pausing.expect([
            (0, .start, .dial), (0, .upgraded, .sendInit), (1, .closed(code), .retry(closed: code, 60)),
            (61, .tick, .dial),
        ])
        var transcript = Transcript { $0.fatalPause = nil }
        let failure = LinkFailure.closed(code: CloseCode(rawValue: code), reason: "")
        transcript.expect([
            (0, .start, .dial), (0, .upgraded, .sendInit), (1, .closed(code), .ended(failure)),
            (100, .tick, .none), (100, .start, .none),
        ])
        #expect(transcript.machine.deadline == nil)
    }

    @Test(arguments: [1000, 1001, 1002, 1005, 1006, 1011, 1012, 1013, 1014, 3000, 4408, 4499, 4500, 4504] as [UInt16])
    func `C10 C16 any other code from the server is tried again`(code: UInt16) {
        var transcript = Transcript()
        transcript.expect([
            (0, .start, .dial), (0, .upgraded, .sendInit), (0, .acknowledgement, .acknowledged),
            (5, .closed(code), .retry(closed: code, 1)), (6, .tick, .dial),
        ])
    }

    @Test func `C10 the table of codes can be changed`() {
        var transcript = Transcript {
            $0.closeCodes[.unauthorized] = .retry
            $0.closeCodes[.goingAway] = .fatal
            $0.fatalPause = nil
        }
        transcript.expect([
            (0, .start, .dial), (1, .closed(4401), .retry(closed: 4401, 1)), (2, .tick, .dial),
            (3, .closed(1001), .ended(.closed(code: .goingAway, reason: ""))),
        ])
    }

    @Test func `C10 a fatal pause takes the place of the end and of the back-off's wait, not of its budget`() {
        var transcript = Transcript {
            $0.fatalPause = .seconds(60)
            $0.retryConnect.maxTries = 3
        }
        transcript.expect([
            (0, .start, .dial), (1, .closed(4401), .retry(closed: 4401, 60)), (60.999, .tick, .none),
            (61, .tick, .dial), (62, .failed(unreachable), .retry(unreachable, 2)), (64, .tick, .dial),
            (65, .closed(4401), .ended(.closed(code: .unauthorized, reason: ""))),
        ])
    }

    @Test func `our own 4004 is no fatal code, though the server's is`() {
        var transcript = Transcript { $0.fatalPause = nil }
        let own = LinkFailure.dropped(code: .badResponse, reason: "Bad response: a binary message")
        transcript.expect([
            (0, .start, .dial), (0, .upgraded, .sendInit), (0, .binary, .retry(own, 1)), (1, .tick, .dial),
            (1, .upgraded, .sendInit), (1, .closed(4004), .ended(.closed(code: .badResponse, reason: ""))),
        ])
    }

    @Test func `the waits are the back-off's`() {
        var transcript = Transcript { $0.retryConnect = Backoff(waits: [.seconds(3), .zero], jitter: .none) }
        transcript.expect([
            (0, .start, .dial), (1, .failed(unreachable), .retry(unreachable, 3)), (3.9, .tick, .none),
            (4, .tick, .dial), (5, .failed(unreachable), .retry(unreachable, 0)), (5, .tick, .dial),
            (6, .failed(unreachable), .ended(unreachable)), (99, .tick, .none),
        ])
    }

    @Test func `attempts count from 1 after each link that stayed`() {
        var transcript = Transcript()
        transcript.expect([(0, .start, .dial), (1, .failed(unreachable), .retry(unreachable, 1)), (2, .tick, .dial)])
        #expect(transcript.machine.attempt == 2)
        transcript.expect([
            (2, .upgraded, .sendInit), (2, .acknowledgement, .acknowledged),
            (3, .closed(1001), .retry(closed: 1001, 2)), (5, .tick, .dial),
        ])
        #expect(transcript.machine.attempt == 3)
        transcript.expect([
            (5, .upgraded, .sendInit), (5, .acknowledgement, .acknowledged),
            (15, .closed(1001), .retry(closed: 1001, 1)), (16, .tick, .dial),
        ])
        #expect(transcript.machine.attempt == 1)
        #expect(transcript.machine.generation == 2)
    }

    @Test func `a machine that doesn't reconnect is over with its link, whatever the back-off`() {
        for isAcknowledged in [false, true] {
            var transcript = Transcript { $0.reconnects = false }
            transcript.expect([(0, .start, .dial), (1, .upgraded, .sendInit)])
            if isAcknowledged { transcript.expect([(1, .acknowledgement, .acknowledged)]) }
            transcript.expect([(2, .closed(1001), .ended(.closed(code: .goingAway, reason: "")))])
        }
    }

    @Test(arguments: [SessionConfiguration.Probe.webSocket, .graphQL])
    func `a silent link is probed, then lost`(probe: SessionConfiguration.Probe) {
        var transcript = Transcript {
            $0.probe = probe
            $0.pingInterval = .seconds(15)
            $0.pongTimeout = .seconds(5)
        }
        let ping: LinkMachine.Action = probe == .webSocket ? .probe : .send(Array(#"{"type":"ping"}"#.utf8))
        let lost = LinkFailure.dropped(code: .terminated, reason: "no sign of life within 5.0 seconds of a ping")
        transcript.expect([
            (0, .start, .dial), (0, .upgraded, .sendInit), (1, .acknowledgement, .acknowledged),
            (15, .tick, .none), (16, .tick, ping), (20.9, .tick, .none),
            (20.9, probe == .webSocket ? .pong : .text(#"{"type":"pong"}"#), .none), (21, .tick, .none),
            (35.8, .tick, .none), (35.9, .tick, ping), (36, .text(Wire.next("9", 1)), .ignored(reply: nil)),
            (41, .tick, .none),
            (51, .tick, ping), (55.9, .tick, .none), (56, .tick, .retry(lost, 1)), (57, .tick, .dial),
        ])
    }

    @Test(arguments: [SessionConfiguration.Probe.webSocket, .graphQL])
    func `the server's own time is told: for the acknowledgement, and for a ping`(probe: SessionConfiguration.Probe) {
        var transcript = Transcript {
            $0.probe = probe
            $0.pingInterval = .seconds(15)
        }
        let ping: LinkMachine.Action = probe == .webSocket ? .probe : .send(Array(#"{"type":"ping"}"#.utf8))
        let pong = probe == .webSocket ? Transcript.Event.pong : .text(#"{"type":"pong"}"#)
        let other = probe == .webSocket ? Transcript.Event.text(#"{"type":"pong"}"#) : .pong
        transcript.expect([(0, .start, .dial), (1, .upgraded, .sendInit), (1.5, pong, .none)])
        #expect(transcript.machine.takeRoundTrip() == nil)
        transcript.expect([(3, .acknowledgement, .acknowledged)])
        #expect(transcript.machine.takeRoundTrip() == .seconds(2))
        #expect(transcript.machine.takeRoundTrip() == nil)
        // Neither a pong that nobody asked for, nor another message, is the answer.
        transcript.expect([(4, pong, .none), (19, .tick, ping)])
        transcript.expect([(20, .text(Wire.next("9", 1)), .ignored(reply: nil)), (21, other, .none)])
        #expect(transcript.machine.takeRoundTrip() == nil)
        transcript.expect([(24, pong, .none), (25, pong, .none)])
        #expect(transcript.machine.takeRoundTrip() == .seconds(5))
        // A lost link answers nothing any more.
        transcript.expect([(40, .tick, ping), (41, .closed(1001), .retry(closed: 1001, 1)), (42, .tick, .dial)])
        transcript.expect([(42, pong, .none)])
        #expect(transcript.machine.takeRoundTrip() == nil)
    }

    @Test func `a link is probed while it waits for the acknowledgement`() {
        var transcript = Transcript {
            $0.pingInterval = .seconds(2)
            $0.pongTimeout = .seconds(3)
            $0.acknowledgementTimeout = .seconds(60)
        }
        let lost = LinkFailure.dropped(code: .terminated, reason: "no sign of life within 3.0 seconds of a ping")
        transcript.expect([
            (0, .start, .dial), (0, .upgraded, .sendInit), (2, .tick, .probe), (4, .pong, .none), (5, .tick, .none),
            (6, .tick, .probe), (9, .tick, .retry(lost, 1)),
        ])
    }

    @Test func `without an interval a silent link is left alone`() {
        var transcript = Transcript { $0.pingInterval = nil }
        transcript.expect([(0, .start, .dial), (0, .upgraded, .sendInit)])
        #expect(transcript.machine.deadline == .seconds(10))
        transcript.expect([(0, .acknowledgement, .acknowledged), (1_000_000, .tick, .none)])
        #expect(transcript.machine.deadline == nil)
    }

    @Test func `C8 only what still runs is completed`() throws {
        let request = try GraphQLRequest(query: "subscription { n }")
        var transcript = Transcript()
        transcript.expect([(0, .start, .dial), (0, .upgraded, .sendInit), (0, .acknowledgement, .acknowledged)])
        for id: UInt64 in 1...4 { #expect(transcript.machine.subscribe(id: id, request) != nil) }
        let error = Wire.error("2", #"[{"message":"no"}]"#)
        transcript.expect([(1, .text(Wire.complete("1")), .completed(id: 1))])
        #expect(transcript.feed(.text(error), at: 1) == .failed(id: 2, errors: 35..<53))
        #expect(transcript.machine.complete(id: 1) == nil)
        #expect(transcript.machine.complete(id: 2) == nil)
        #expect(transcript.machine.complete(id: 3) == Array(Wire.complete("3").utf8))
        #expect(transcript.machine.complete(id: 3) == nil)
        // What comes for it still means nothing (C6).
        transcript.expect([(2, .text(Wire.next("3", 1)), .none), (2, .text(Wire.complete("1")), .none)])
        #expect(transcript.feed(.text(Wire.next("4", 7)), at: 2) == .next(id: 4, payload: 34..<50))
    }

    /// The ways into each state; in each, some events have no place and must change nothing.
    private static let meaningless: [(String, [Transcript.Event], [Transcript.Event])] = [
        ("idle", [], [.upgraded, .acknowledgement, .binary, .pong, .closed(4400), .tick]),
        ("dialling", [.start], [.start, .acknowledgement, .binary, .pong]),
        ("awaiting", [.start, .upgraded], [.start, .upgraded, .pong]),
        ("live", [.start, .upgraded, .acknowledgement], [.start, .upgraded, .pong]),
        (
            "waiting", [.start, .closed(1001)],
            [.start, .upgraded, .acknowledgement, .binary, .pong, .closed(4400), .failed(.lost(reason: ""))]
        ),
        (
            "over", [.start, .closed(4400)],
            [.start, .upgraded, .acknowledgement, .binary, .pong, .closed(1001), .tick]
        ),
    ]

    @Test(arguments: 0..<6)
    func `what has no place in a state does nothing`(row: Int) {
        let (name, path, events) = Self.meaningless[row]
        var transcript = Transcript { $0.fatalPause = nil }
        for event in path { _ = transcript.feed(event, at: 0) }
        let deadline = transcript.machine.deadline
        for event in events {
            #expect(transcript.feed(event, at: 0) == .none, "\(name): \(event)")
            #expect(transcript.machine.deadline == deadline, "\(name): \(event)")
        }
    }

    @Test(arguments: 0..<6)
    func `a closed machine is over, whatever it did before`(row: Int) {
        var transcript = Transcript { $0.fatalPause = nil }
        for event in Self.meaningless[row].1 { _ = transcript.feed(event, at: 0) }
        #expect(transcript.machine.close() == nil)
        #expect(transcript.machine.deadline == nil)
        #expect(!transcript.machine.isLive)
        transcript.expect([(99, .start, .none), (99, .upgraded, .none), (99, .tick, .none), (99, .closed(1001), .none)])
    }
}
