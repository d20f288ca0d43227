import Testing
import WebSockets

@Suite(.timeLimit(.minutes(1)))
struct MessageTests {
    @Test(arguments: [0, 1, 125, 126, 127, 128, 129, 256, 257, 4096, 65535])
    func `a message arrives whole, whatever the receive buffer's size`(size: Int) async throws {
        try await TestServer.run { server in
            let (peer, _) = try server.upgrade()
            let payload = (0..<size).map { UInt8(97 + $0 % 26) }
            try peer.send(RawFrame(opcode: 1, payload: payload).masked + RawFrame.text("after").masked)
            let message = try #require(await server.probe.nextMessage())
            #expect(message.bytes == payload)
            #expect(message.isText)
            #expect(await server.probe.nextMessage()?.bytes == Array("after".utf8))
        }
    }

    @Test
    func `many fragments with control frames between them become one message`() async throws {
        try await TestServer.run { server in
            let (peer, _) = try server.upgrade()
            let parts = (0..<200).map { "part \($0) of a message; " }
            for (index, part) in parts.enumerated() {
                var frame = RawFrame.text(part)
                if index > 0 { frame.opcode = 0 }
                frame.isFinal = index == parts.count - 1
                try peer.send(frame.masked)
                if index % 50 == 7 {
                    try peer.send(RawFrame(opcode: 9, payload: [UInt8(index)]).masked)
                    #expect(try peer.receiveFrame() == RawFrame(opcode: 10, payload: [UInt8(index)]))
                }
            }
            let message = try #require(await server.probe.nextMessage())
            #expect(String(decoding: message.bytes, as: UTF8.self) == parts.joined())
            #expect(message.isText)
        }
    }

    @Test
    func `a message that comes byte by byte is whole`() async throws {
        try await TestServer.run { server in
            let (peer, _) = try server.upgrade()
            for byte in RawFrame.text("slowly").masked { try peer.send([byte]) }
            #expect(await server.probe.nextMessage()?.bytes == Array("slowly".utf8))
        }
    }

    @Test
    func `a binary message is flagged`() async throws {
        try await TestServer.run { server in
            let (peer, _) = try server.upgrade()
            try peer.send(RawFrame(opcode: 2, payload: [0, 255]).masked + RawFrame.text("text").masked)
            let first = try #require(await server.probe.nextMessage())
            #expect(!first.isText)
            #expect(first.bytes == [0, 255])
            #expect(await server.probe.nextMessage()?.isText == true)
        }
    }

    @Test(arguments: [true, false])
    func `a message at the limit passes, one byte more closes 1009`(inFragments: Bool) async throws {
        let limit = 5000
        try await TestServer.run(adjust: { $0.limits.messageSize = limit }) { server in
            let (peer, _) = try server.upgrade()
            for size in [limit, limit + 1] {
                let payload = [UInt8](repeating: 97, count: size)
                if inFragments {
                    let (front, back) = (Array(payload[..<2500]), Array(payload[2500...]))
                    try peer.send(RawFrame(isFinal: false, opcode: 1, payload: front).masked)
                    try peer.send(RawFrame(opcode: 0, payload: back).masked)
                } else {
                    try peer.send(RawFrame(opcode: 1, payload: payload).masked)
                }
            }
            #expect(await server.probe.nextMessage()?.bytes.count == limit)
            #expect(try peer.receiveFrame()?.closeCode == 1009)
            try peer.send(RawFrame.close(1009).masked)
            #expect(try peer.receiveUntilEnd() == [])
            let closure = await server.probe.nextClosure()
            #expect(closure?.ownCode == 1009)
            #expect(closure?.reason == "a message exceeds 5000 bytes")
        }
    }

    @Test
    func `fragments without an end cost no more memory than the limit`() async throws {
        try await TestServer.run(adjust: { $0.limits.messageSize = 1000 }) { server in
            let (peer, _) = try server.upgrade()
            try peer.send(RawFrame(isFinal: false, opcode: 1, payload: [97]).masked)
            for _ in 0..<2000 { try peer.send(RawFrame(isFinal: false, opcode: 0, payload: []).masked) }
            let more = RawFrame(isFinal: false, opcode: 0, payload: [UInt8](repeating: 97, count: 100)).masked
            for _ in 0..<10 { try peer.send(more) }
            #expect(try peer.receiveFrame()?.closeCode == 1009)
        }
    }

    @Test(arguments: [
        RawFrame(reserved: 4, opcode: 1, payload: [97]), RawFrame(reserved: 1, opcode: 1, payload: [97]),
        RawFrame(opcode: 3, payload: [97]), RawFrame(opcode: 0, payload: [97]),
        RawFrame(opcode: 9, payload: [UInt8](repeating: 0, count: 126)), RawFrame(isFinal: false, opcode: 9),
        RawFrame(opcode: 8, payload: [3]), RawFrame.close(999), RawFrame.close(1005), RawFrame(opcode: 15),
    ])
    func `a frame against the protocol ends its connection, and no other`(frame: RawFrame) async throws {
        try await TestServer.run { server in
            let (peer, _) = try server.upgrade()
            let (other, _) = try server.upgrade()
            try peer.send(frame.masked)
            let answer = try peer.receiveFrame()
            #expect(answer == nil || answer?.closeCode == 1002)
            peer.finishSending()
            #expect(try peer.receiveUntilEnd() == [])
            try other.send(RawFrame.text("still here").masked)
            #expect(await server.probe.nextMessage()?.bytes == Array("still here".utf8))
        }
    }

    @Test
    func `a length of 2 to the 63 is refused without an allocation`() async throws {
        try await TestServer.run { server in
            let (peer, _) = try server.upgrade()
            try peer.send([0x81, 0xFF, 0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 1, 2, 3, 4] as [UInt8])
            try peer.send([UInt8](repeating: 0, count: 100_000))
            #expect(try peer.receiveFrame()?.closeCode == 1009)
            #expect(server.isAlive())
        }
    }
}
