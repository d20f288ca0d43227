import GraphQLTransport
import Testing
import WebSockets
import Wire

@testable import GraphQLSession

/// A link is lost when its server says so or goes wrong, not when the connection ends.
@Suite(.timeLimit(.minutes(1)))
struct SessionEndOfLinkTests {
    /// What a server sends before it goes mute, with the connection open.
    enum Farewell: CaseIterable, Sendable {
        case close, tooLarge, longPing

        var bytes: [UInt8] {
            switch self {
            case .close: FrameHead.closeFrame(1001, "oops")
            case .tooLarge: [0x81, 127, 0x7F, 0, 0, 0, 0, 0, 0, 0]
            case .longPing: [0x89, 126, 0, 126]
            }
        }

        var failure: LinkFailure {
            switch self {
            case .close: .closed(code: CloseCode(rawValue: 1001), reason: "oops")
            case .tooLarge: .dropped(code: CloseCode(rawValue: 1009), reason: "a message exceeds 268435456 bytes")
            case .longPing: .dropped(code: .protocolError, reason: "a control frame is cut or too long")
            }
        }
    }

    @Test(arguments: Farewell.allCases, [false, true])
    func `a link is lost once and at once, though its connection stays open`(
        farewell: Farewell,
        isAcknowledged: Bool
    ) async throws {
        try await Stage.runBare {
            // Nothing but the frame itself may end the link.
            $0.closeTimeout = .seconds(60)
        } _: { stage, server in
            await stage.session.start()
            let first = try await server.upgrade()
            if isAcknowledged {
                try await first.acknowledge()
                try await stage.session.connected()
            }
            try await first.send(farewell.bytes)
            #expect(try await stage.nextFailure() == farewell.failure)
            // The first connection ends after the second link is there: it isn't lost with it.
            _ = try await server.acknowledge()
            try await stage.session.connected(after: isAcknowledged ? 1 : 0)
            await first.reset()
            while await !first.hasEnded {}
            #expect(await stage.session.isConnected)
            #expect(await stage.session.generation == (isAcknowledged ? 2 : 1))
        }
    }

    @Test func `a message that only trickles doesn't keep a link`() async throws {
        try await Stage.runBare {
            $0.pingInterval = .milliseconds(20)
            $0.pongTimeout = .milliseconds(20)
        } _: { stage, server in
            await stage.session.start()
            let link = try await server.acknowledge()
            // A message of 100 MiB begins; a MiB of it would be a sign of life.
            try await link.send([0x81, 127, 0, 0, 0, 0, 0x06, 0x40, 0, 0])
            let trickle = Task { while !Task.isCancelled { try await link.send([0x20]) } }
            guard case .dropped(.terminated, _) = try await stage.nextFailure() else {
                Issue.record("the link was lost for another reason")
                return
            }
            trickle.cancel()
        }
    }

    @Test func `a message that is skipped and only trickles doesn't keep a link`() async throws {
        try await Stage.runBare {
            $0.pingInterval = .milliseconds(20)
            $0.pongTimeout = .milliseconds(20)
            $0.maximumMessageSize = 1 << 20
        } _: { stage, server in
            await stage.session.start()
            let link = try await server.acknowledge()
            // A message of 10 MiB begins, and is over the limit of one at once.
            try await link.send([0x81, 127, 0, 0, 0, 0, 0, 0xA0, 0, 0])
            try await link.send([UInt8](repeating: 0x20, count: 1 << 20 | 1))
            let trickle = Task { while !Task.isCancelled { try await link.send([0x20]) } }
            guard case .dropped(.terminated, _) = try await stage.nextFailure() else {
                Issue.record("the link was lost for another reason")
                return
            }
            trickle.cancel()
        }
    }
}
