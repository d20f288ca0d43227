import Synchronization
import Testing

@testable import WebSockets

/// Bytes that many clients have begun to send.
@Suite(.timeLimit(.minutes(1)))
struct GatheringLedgerTests {
    @Test(arguments: [
        ([10, 20, 30], 60, []), ([10, 20, 31], 60, [2]), ([31, 20, 10], 60, [0]), ([100], 60, [0]),
        ([30, 30, 1], 60, [1]), ([20, 20, 20, 20], 60, [3]), ([59, 1, 1, 59], 60, [0, 3]),
    ])
    func `over the limit the largest goes, and frees what it took`(sizes: [Int], limit: Int, expected: [Int]) {
        let ledger = GatheringLedger(limit: limit)
        let givenUp = Mutex<[Int]>([])
        var gatherings: [GatheringLedger.Gathering] = []
        for (index, size) in sizes.enumerated() {
            let gathering = ledger.begin { givenUp.withLock { $0.append(index) } }
            gathering.grow(to: size)
            gatherings.append(gathering)
        }
        let gone = givenUp.withLock { $0 }
        // Of equal ones any may go.
        #expect(gone.map { sizes[$0] } == expected.map { sizes[$0] })
        #expect(ledger.bytes == sizes.reduce(0, +) - gone.map { sizes[$0] }.reduce(0, +))
        #expect(ledger.givenUp == gone.count)
        gatherings = []
        #expect(ledger.bytes == 0)
    }

    @Test func `one that was given up counts no more, however it grows`() {
        let ledger = GatheringLedger(limit: 10)
        let gathering = ledger.begin {}
        gathering.grow(to: 11)
        gathering.grow(to: 1000)
        #expect(ledger.bytes == 0)
        #expect(ledger.givenUp == 1)
    }

    @Test func `the largest unfinished message is closed with 1013, the others are taken`() async throws {
        let ledger = GatheringLedger(limit: 80_000)
        try await TestServer.run(adjust: { $0.gathering = ledger }) { server in
            let (large, _) = try server.upgrade()
            let (small, _) = try server.upgrade()
            // The head of a masked text frame of 60,000 bytes, and a part of it.
            try large.send([0x81, 0xFE, 0xEA, 0x60, 0, 0, 0, 0] + [UInt8](repeating: 0x61, count: 30_000))
            while ledger.bytes < 30_000 { await server.pause(for: .milliseconds(5)) }
            try small.send([0x81, 0xFE, 0x4E, 0x20, 0, 0, 0, 0] + [UInt8](repeating: 0x62, count: 19_000))
            while ledger.bytes < 49_000 { await server.pause(for: .milliseconds(5)) }
            try large.send([UInt8](repeating: 0x61, count: 20_000))
            let close = try large.receiveFrame()
            #expect(close?.opcode == 8)
            #expect(close.map { Array($0.payload.prefix(2)) } == [UInt8(1013 >> 8), UInt8(1013 & 0xFF)])
            try small.send([UInt8](repeating: 0x62, count: 1000))
            #expect(await server.probe.nextMessage()?.bytes.count == 20_000)
            #expect(ledger.givenUp == 1)
        }
        #expect(ledger.bytes == 0)
    }

    @Test func `the largest unfinished body is answered 503`() async throws {
        let ledger = GatheringLedger(limit: 20_000)
        try await TestServer.run(
            script: ServerProbe.Script(requested: { $0.respond(.text("taken")) }),
            adjust: {
                $0.gathering = ledger
                $0.methods = [.post]
            }
        ) { server in
            let head = "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 60000\r\n\r\n"
            let peer = try server.connect()
            try peer.send(head)
            try peer.send([UInt8](repeating: 0x61, count: 30_000))
            #expect(try peer.receiveHead().hasPrefix("HTTP/1.1 503 "))
            #expect(ledger.givenUp == 1)
            #expect(server.isAlive())
        }
    }
}
