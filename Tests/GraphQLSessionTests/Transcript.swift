import Backoffs
import GraphQLTransport
import Testing

@testable import GraphQLSession

/// Drives a link machine by hand: what happens at which second, and what it must answer.
struct Transcript {
    enum Event: Sendable {
        case start
        case opened(String?)
        case text(String)
        case binary
        case pong
        case failed(LinkFailure)
        case tick
    }

    var machine: LinkMachine

    init(_ adjust: (inout SessionConfiguration) -> Void = { _ in }) {
        var configuration = SessionConfiguration()
        configuration.retryConnect.jitter = .none
        adjust(&configuration)
        machine = LinkMachine(configuration, now: .zero)
    }

    mutating func feed(_ event: Event, at seconds: Double) -> LinkMachine.Action {
        let now = Duration.seconds(seconds)
        switch event {
        case .start: return machine.start(at: now)
        case .opened(let subprotocol): return machine.opened(subprotocol: subprotocol, initPayload: nil, at: now)
        case .text(let text): return machine.received(Array(text.utf8).span, isText: true, at: now)
        case .binary: return machine.received([0].span, isText: false, at: now)
        case .failed(let failure): return machine.failed(failure, at: now)
        case .tick: return machine.tick(at: now)
        case .pong:
            machine.ponged(at: now)
            return .none
        }
    }

    mutating func expect(
        _ steps: [(Double, Event, LinkMachine.Action)],
        _ location: SourceLocation = #_sourceLocation
    ) {
        for (seconds, event, expected) in steps {
            #expect(feed(event, at: seconds) == expected, "at \(seconds) s: \(event)", sourceLocation: location)
        }
    }
}

extension Transcript.Event {
    /// The upgrade with our subprotocol.
    static let upgraded = opened("graphql-transport-ws")
    static let acknowledgement = text(Wire.acknowledgement)
    static func closed(_ code: UInt16) -> Self { failed(.closed(code: CloseCode(rawValue: code), reason: "")) }
}

extension LinkMachine.Action {
    static let sendInit = send(Array(#"{"type":"connection_init"}"#.utf8))
    static func retry(_ failure: LinkFailure, _ seconds: Double) -> Self { lost(failure, retryIn: .seconds(seconds)) }
    static func retry(closed code: UInt16, _ seconds: Double) -> Self {
        retry(.closed(code: CloseCode(rawValue: code), reason: ""), seconds)
    }
}
