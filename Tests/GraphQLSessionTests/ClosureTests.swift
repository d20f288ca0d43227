import Backoffs
import Glibc
import GraphQLTransport
import Synchronization
import Testing
import WebSockets

@testable import GraphQLSession

/// What closures of the user's that block, or never return, may cost.
@Suite(.timeLimit(.minutes(1)))
struct ClosureTests {
    /// Blocks the threads that call it until it is opened.
    private final class Gate: Sendable {
        private let ends = Mutex<(read: Int32, write: Int32)>((-1, -1))

        init() {
            var pair: [Int32] = [-1, -1]
            unsafe _ = pipe(&pair)
            ends.withLock { $0 = (pair[0], pair[1]) }
        }

        deinit { ends.withLock { _ = close($0.read) } }

        func pass() {
            var byte: UInt8 = 0
            unsafe _ = read(ends.withLock { $0.read }, &byte, 1)
        }

        func open() { ends.withLock { _ = close($0.write) } }
    }

    @Test func `a closure that blocks fails its attempts in plain words, and the next ones aren't asked meanwhile`()
        async throws
    {
        let (gate, asked) = (Gate(), Counter())
        try await Stage.run {
            $0.connectTimeout = .milliseconds(200)
            $0.headers = {
                if asked.next() == 1 { gate.pass() }
                return [(name: "X-Asked", value: "\(asked.count)")]
            }
        } _: { stage, server in
            await stage.session.start()
            for _ in 0..<3 {
                let failure = try await stage.nextFailure()
                let reason = "the headers closure hasn't returned within 0.2 seconds"
                #expect(failure == .credentials(reason: reason))
            }
            #expect(asked.count == 1)
            gate.open()
            // On a busy machine a link may take longer than the timeout, and another one follows.
            while (try? await server.nextAcknowledgedLink()) == nil {}
            // Only attempts that were still wanted ask the closure: the first one, and those that begin from here on.
            var attempts = 0
            for await event in stage.session.events {
                if case .connecting = event { attempts += 1 }
                if case .connected = event { break }
            }
            #expect(await server.linkCount <= attempts)
            #expect(asked.count <= 1 + attempts)
        }
    }

    @Test func `a session that is closed doesn't wait for a closure that blocks`() async throws {
        let (gate, asked) = (Gate(), Counter())
        try await Stage.run {
            $0.headers = {
                asked.next()
                gate.pass()
                return []
            }
            $0.initPayload = {
                Issue.record("nobody wants to know any more")
                return nil
            }
        } _: { stage, server in
            await stage.session.start()
            let call = stage.execute("{ n }")
            while asked.count == 0 { await Task.yield() }
            await stage.session.close()
            await #expect(throws: SessionError.closed) { try await call.value }
            gate.open()
            #expect(await server.linkCount == 0)
        }
    }

    @Test func `a request over HTTP waits for a blocked closure no longer than its time, and then says so`()
        async throws
    {
        let (gate, asked) = (Gate(), Counter())
        try await Stage.runHTTP {
            $0.executeTimeout = .milliseconds(200)
            $0.retryExecute = .off
            $0.headers = {
                asked.next()
                gate.pass()
                return []
            }
        } _: { stage, server in
            // On a busy machine the first ones may give up before their turn comes.
            while asked.count == 0 {
                await #expect(throws: HTTPFailure.self) { try await stage.execute("{ n }").value }
            }
            for operation in ["{ n }", "mutation { add }"] {
                let failure = await #expect(throws: HTTPFailure.self) { try await stage.execute(operation).value }
                #expect(failure?.reason == "the headers closure hasn't returned within 0.2 seconds")
            }
            gate.open()
            #expect(await !server.isCalled)
        }
    }

    @Test func `a request that is cancelled leaves the line at once, and is never asked for`() async throws {
        let (gate, asked) = (Gate(), Counter())
        try await Stage.runHTTP {
            $0.headers = {
                if asked.next() == 1 { gate.pass() }
                return []
            }
        } _: { stage, server in
            let first = stage.execute("{ a }")
            while asked.count == 0 { await Task.yield() }
            let second = stage.execute("{ b }")
            second.cancel()
            await #expect(throws: CancellationError.self) { try await second.value }
            gate.open()
            let link = try await server.accept()
            #expect(try await link.receiveRequest().body == #"{"query":"{ a }"}"#)
            try await link.answer(200, "application/json", Wire.payload(1))
            _ = try await first.value
            #expect(asked.count == 1)
        }
    }

    @Test func `requests that wait for the same closure share its next answer`() async throws {
        let (gate, asked) = (Gate(), Counter())
        try await Stage.runHTTP {
            $0.headers = {
                if asked.next() == 1 { gate.pass() }
                return [(name: "Authorization", value: "\(asked.count)")]
            }
        } _: { stage, server in
            let first = stage.execute("{ a }")
            while asked.count == 0 { await Task.yield() }
            let others = (0..<5).map { _ in stage.execute("{ b }") }
            while await stage.session.askerCount < 6 { await Task.yield() }
            gate.open()
            for _ in 0..<6 {
                let link = try await server.accept()
                _ = try await link.receiveRequest()
                try await link.answer(200, "application/json", Wire.payload(1))
            }
            for call in others + [first] { _ = try await call.value }
            #expect(asked.count == 2)
        }
    }

    @Test func `a session whose closures are the defaults has no thread for them`() async throws {
        try await Stage.run { stage, server in
            await stage.session.start()
            _ = try await server.nextAcknowledgedLink()
            try await stage.session.connected()
            #expect(await stage.session.closureThread == nil)
        }
    }
}

extension PermanentSession {
    fileprivate var askerCount: Int { askers.count }
}
