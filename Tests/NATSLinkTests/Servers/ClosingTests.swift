#if Cluster
import Synchronization
import Testing

@testable import NATSLink
import NATSServers

/// Links that are closed while libnats' threads call back.
@Suite(.enabled(if: !NATSServerProcess.areMissing), .timeLimit(.minutes(2)))
struct ClosingTests {
    @Test(arguments: NATSServerProcess.programs)
    func `a link that is closed while messages arrive is told nothing any more`(program: String) async throws {
        let server = try NATSServerProcess(program)
        let writer = try await LinkDriver.connect(to: server)
        for _ in 0..<200 {
            let reader = try await LinkDriver.connect(to: server)
            let deliveries = try await reader.deliveries(of: .of("a"))
            try await reader.settle()
            try await writer.use { link in
                for number in 0..<200 { #expect(link.publish([UInt8(number)], to: .of("a")) == nil) }
            }
            // It is in the midst of them.
            #expect(await deliveries.messages(1).isEmpty == false)
            await reader.end()
            #expect(await reader.events.last == .closed(reasons: []))
        }
        await writer.end()
    }

    @Test(arguments: NATSServerProcess.programs)
    func `a subscription that is ended is told nothing any more, and the next one is another`(
        program: String
    ) async throws {
        let server = try NATSServerProcess(program)
        let driver = try await LinkDriver.connect(to: server)
        for round in 0..<200 {
            let (arrived, told) = AsyncStream.makeStream(of: Int.self)
            try await driver.use { link in
                let box = Box()
                box.number = link.subscribe(to: .of("a")) { _ in
                    // Once it has ended itself, nothing comes of the hundreds that are on their way.
                    link.unsubscribe(box.number)
                    told.yield(round)
                }
                for number in 0..<200 { #expect(link.publish([UInt8(number)], to: .of("a")) == nil) }
            }
            #expect(await arrived.first { _ in true } == round)
            try await driver.settle()
            told.finish()
            #expect(await arrived.first { _ in true } == nil)
        }
        await driver.end()
    }

    private final class Box {
        var number = 0
    }

    @Test(arguments: NATSServerProcess.programs)
    func `a callback that comes after the end finds nobody`(program: String) async throws {
        let server = try NATSServerProcess(program)
        let driver = try await LinkDriver.connect(to: server)
        let handle = try #require(try await driver.use { $0.connection?.handle.load(ordering: .relaxed) })
        let closure = unsafe UnsafeMutableRawPointer(bitPattern: handle)
        let events = await driver.events.count
        unsafe natsServerIsLameDuck(nil, closure)
        await driver.event { $0 == .lameDuck }
        await driver.end()
        unsafe natsServerIsLameDuck(nil, closure)
        unsafe natsConnectionClosed(nil, closure)
        unsafe natsMessageArrived(nil, nil, nil, closure)
        #expect(await driver.events.count == events + 2, "the lame duck and the end")
    }

    @Test(arguments: NATSServerProcess.programs)
    func `what was published before the end is written`(program: String) async throws {
        let server = try NATSServerProcess(program)
        let (writer, reader) = (try await LinkDriver.connect(to: server), try await LinkDriver.connect(to: server))
        let deliveries = try await reader.deliveries(of: .of("a"))
        try await reader.settle()
        try await writer.use { link in
            for number in 0..<100 { #expect(link.publish([UInt8(number)], to: .of("a")) == nil) }
        }
        await writer.end()
        #expect(await deliveries.messages(100).map(\.payload) == (0..<100).map { [UInt8($0)] })
        await reader.end()
    }
}
#endif
