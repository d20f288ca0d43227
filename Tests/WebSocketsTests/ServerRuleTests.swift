import OpenSSLCommand
import Testing

@testable import WebSockets

/// What a server takes of a client's frames (RFC 6455), over each carrier.
///
/// Two deviations are libwebsockets 4.1.6's: unmasked frames are taken, and of several pings in one read only the first
/// is answered.
@Suite(.serialized, .timeLimit(.minutes(1)), .enabled(if: OpenSSL.isInstalled, "needs the openssl command"))
struct ServerRuleTests {
    /// What libwebsockets does to such a header, as a server over TLS, costs the request nothing.
    @Test(arguments: ["X-Auth", "X-A", "Auth", "Accept-Lang", "Ho", "Up", "Sec-W", "Conn"], ["plain", "http://a"])
    func `a dial with a header that libwebsockets misreads gets in all the same`(name: String, value: String)
        async throws
    {
        for last in [[], [(name: "Origin", value: "http://localhost")]] {
            try await ServedLink.run(over: .tls, headers: [(name, value)] + last) { link in
                for await case .opened(_, let request, _) in link.server.probe.events {
                    #expect(request.origin == last.first?.value)
                    break
                }
                link.send(raw: RawFrame.text("hello").masked)
                #expect(await link.server.probe.nextMessage()?.bytes == Array("hello".utf8))
            }
        }
    }

    private static let badTexts: [[UInt8]] = [
        [0x80], [0xC3], [0xC3, 0x28], [0xE2, 0x82], [0xC0, 0xAF], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xFF],
        Array("good, then ".utf8) + [0xF0, 0x9F, 0x98],
    ]

    @Test(arguments: Carrier.allCases, badTexts)
    func `a text that is no UTF-8 closes 1007, in one piece and in several`(carrier: Carrier, text: [UInt8])
        async throws
    {
        for isCut in [false, true] {
            try await ServedLink.run(over: carrier) { link in
                let whole = RawFrame(opcode: 1, payload: text).masked
                let first = RawFrame(isFinal: false, opcode: 1, payload: Array("a".utf8)).masked
                link.send(raw: isCut ? first + RawFrame(opcode: 0, payload: text).masked : whole)
                #expect(await link.closeCode() == 1007)
                #expect(await link.server.probe.nextClosure()?.ownCode == 1007)
            }
        }
    }

    @Test(arguments: Carrier.allCases)
    func `a character may be cut between frames, and binary messages hold any bytes`(carrier: Carrier) async throws {
        try await ServedLink.run(over: carrier) { link in
            let text = Array("käse 😀".utf8)
            for index in text.indices {
                let opcode: UInt8 = index == 0 ? 1 : 0
                link.send(
                    raw: RawFrame(isFinal: index == text.count - 1, opcode: opcode, payload: [text[index]]).masked
                )
            }
            link.send(raw: RawFrame(opcode: 2, payload: [0xFF, 0xC0]).masked)
            #expect(await link.server.probe.nextMessage()?.bytes == text)
            #expect(await link.server.probe.nextMessage()?.bytes == [0xFF, 0xC0])
        }
    }

    @Test(arguments: Carrier.allCases, [0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2999, 5000, 65535] as [UInt16])
    func `a close with a code that may not be sent is answered 1002`(carrier: Carrier, code: UInt16) async throws {
        try await ServedLink.run(over: carrier) { link in
            link.send(raw: RawFrame.close(code, "bye").masked)
            #expect(await link.closeCode() == 1002)
            let closure = await link.server.probe.nextClosure()
            #expect(closure?.ownCode == 1002 || closure?.code == 1002)
        }
    }

    @Test(arguments: Carrier.allCases, [1000, 1001, 1003, 1007, 1011, 3000, 4400, 4999] as [UInt16])
    func `a close with a code that may be sent is answered with it`(carrier: Carrier, code: UInt16) async throws {
        try await ServedLink.run(over: carrier) { link in
            link.send(raw: RawFrame.close(code, "tschüß").masked)
            #expect(await link.closeCode() == code)
            #expect(await link.server.probe.nextClosure() == WebSocketClosure(code: code, reason: "tschüß"))
        }
    }

    @Test(arguments: Carrier.allCases)
    func `half a close code is answered 1002, and a reason that is no UTF-8 1007`(carrier: Carrier) async throws {
        for (payload, code) in [([3], 1002), ([3, 0xE8, 0xFF], 1007), ([3, 0xE8, 0x61, 0xC3], 1007)] as [([UInt8], _)] {
            try await ServedLink.run(over: carrier) { link in
                link.send(raw: RawFrame(opcode: 8, payload: payload).masked)
                #expect(await link.closeCode() == UInt16(code))
                #expect(await link.server.probe.nextClosure()?.ownCode == UInt16(code))
            }
        }
    }

    /// The beginnings of messages over the limit of 1,000 bytes, of which hardly a byte comes.
    private static let heads: [[UInt8]] = [
        [0x81, 0xFE, 0x03, 0xE9, 0, 0, 0, 0, 0x61],
        [0x82, 0xFF, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0x61],
        [0x81, 0xFF, 0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 0, 0, 0x61],
        RawFrame(isFinal: false, opcode: 1, payload: [UInt8](repeating: 0x61, count: 10)).masked
            + [0x80, 0xFE, 0x03, 0xDF, 0, 0, 0, 0, 0x61],
        [0x01, 0xFE, 0x03, 0xE9, 0, 0, 0, 0, 0x61],
    ]

    @Test(arguments: Carrier.allCases, heads)
    func `a message that is announced over the limit is refused with its first byte`(carrier: Carrier, head: [UInt8])
        async throws
    {
        try await ServedLink.run(over: carrier) { link in
            link.send(raw: head)
            #expect(await link.closeCode() == 1009)
            #expect(await link.server.probe.nextClosure()?.ownCode == 1009)
        }
    }

    @Test(arguments: Carrier.allCases)
    func `a message of just the limit is taken, however it is cut`(carrier: Carrier) async throws {
        try await ServedLink.run(over: carrier) { link in
            let payload = [UInt8](repeating: 0x61, count: 1000)
            link.send(raw: RawFrame(opcode: 1, payload: payload).masked)
            link.send(raw: RawFrame(isFinal: false, opcode: 1, payload: Array(payload[..<400])).masked)
            link.send(raw: RawFrame(opcode: 0, payload: Array(payload[400...])).masked)
            for _ in 0..<2 { #expect(await link.server.probe.nextMessage()?.bytes == payload) }
        }
    }

    @Test(arguments: Carrier.allCases)
    func `pings that come apart are all answered, and the first of those in one read`(carrier: Carrier) async throws {
        try await ServedLink.run(over: carrier) { link in
            for round: UInt8 in 0..<3 {
                let pings = (0..<3).map { RawFrame(opcode: 9, payload: [$0, round]).masked }
                link.send(raw: pings.reduce([], +))
                #expect(await link.probe.nextPong())
            }
        }
    }
}
