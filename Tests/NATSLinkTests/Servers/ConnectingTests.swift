#if Cluster
import Glibc
import Testing

@testable import NATSLink
import NATSServers

/// Links to servers that come and go.
@Suite(.enabled(if: !NATSServerProcess.areMissing), .timeLimit(.minutes(1)))
struct ConnectingTests {
    @Test(arguments: NATSServerProcess.programs)
    func `a link tells who it is connected to`(program: String) async throws {
        let server = try NATSServerProcess(program)
        let driver = try await LinkDriver.connect(to: server)
        let info = try #require(try await driver.use { $0.server })
        #expect(try info.server == server.server)
        #expect(info.maximumPayload == 1 << 20)
        #expect(info.identifier.hasPrefix("N"))
        #expect(await driver.events == [.connected(info, isAgain: false)])
        let sockets = ServerSockets.numbers(of: try ServerAddress.all(of: server.server)[0])
        #expect(!sockets.isEmpty)
        #expect(sockets.allSatisfy { fcntl($0, F_GETFD) == FD_CLOEXEC }, "programs that are started would have it")
        await driver.end()
        #expect(await driver.events.last == .closed(reasons: []))
    }

    @Test(arguments: NATSServerProcess.programs)
    func `a server that isn't there at first is waited for`(program: String) async throws {
        let server = try NATSServerProcess(program, isRunning: false)
        let driver = try await LinkDriver.start([server.server])
        let failure = await driver.event(where: \.isFailed)
        #expect(failure.reasons.count == 1)
        #expect(failure.reasons[0].hasPrefix("127.0.0.1:\(server.port): "), "\(failure.reasons)")
        #expect(try await driver.ask("", at: "nobody") == .refused(.notConnected))
        try server.start()
        await driver.event(where: \.isConnected)
        #expect(try await driver.ask("", at: "nobody") == .noResponders)
        await driver.end()
    }

    @Test(arguments: NATSServerProcess.programs)
    func `a server that is killed and started again is connected to again, with all subscriptions`(
        program: String
    ) async throws {
        let server = try NATSServerProcess(program)
        let driver = try await LinkDriver.connect(to: server)
        let (deliveries, told) = AsyncStream.makeStream(of: NATSDelivery.self)
        let subject = try NATSSubject("a.b")
        try await driver.use { link in _ = link.subscribe(to: subject) { told.yield($0) } }
        var delivery = deliveries.makeAsyncIterator()
        for _ in 0..<3 {
            server.kill()
            await driver.event(where: \.isDisconnected)
            try server.start()
            let again = await driver.event(where: \.isConnected)
            #expect(again == .connected(try #require(try await driver.use { $0.server }), isAgain: true))
            #expect(await delivery.next() == .missed)
            #expect(try await driver.use { $0.publish([7], to: subject) } == nil)
            #expect(await delivery.next() == .messages([NATSMessage(subject: "a.b", payload: [7])]))
        }
        await driver.end()
    }
}
#endif
