import OpenSSLCommand
import Testing
import Wire

@testable import WebSockets

/// What a server takes of a client's frames (RFC 6455), over each carrier.
///
/// Two deviations are libwebsockets 4.1.6's: unmasked frames are taken, and of several pings in one read only the first
/// is answered.
@Suite(.serialized, .timeLimit(.minutes(1)), .enabled(if: OpenSSL.isInstalled, "needs the openssl command"))
struct ServerRuleTests {
    /// What libwebsockets does to such a header, as a server, costs the request nothing.
    @Test(arguments: Carrier.allCases, ["plain", "http://a"])
    func `a dial with a header that libwebsockets misreads gets in all the same`(carrier: Carrier, value: String)
        async throws
    {
        let names = ["X-Auth", "X-A", "Auth", "Accept-Lang", "Ho", "Up", "Sec-W", "Conn"]
        let cases = names.flatMap { [($0, nil), ($0, "http://localhost")] } as [(name: String, origin: String?)]
        try await ServedLink.run(over: carrier, each: cases) { one in
            [HTTPField(name: one.name, value: value)]
                + (one.origin.map { [HTTPField(name: "Origin", value: $0)] } ?? [])
        } _: { link, one in
            for await case .opened(_, let request, _) in link.server.probe.events {
                #expect(request.origin == one.origin)
                break
            }
            link.send(raw: RawFrame.text("hello").masked)
            #expect(await link.server.probe.nextMessage()?.bytes == Array("hello".utf8))
        }
    }

    @Test(arguments: Carrier.allCases, [false, true])
    func `a text that is no UTF-8 closes 1007, in one piece and in several`(carrier: Carrier, isCut: Bool) async throws
    {
        let texts: [[UInt8]] = [
            [0x80], [0xC3], [0xC3, 0x28], [0xE2, 0x82], [0xC0, 0xAF], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80],
            [0xFF], Array("good, then ".utf8) + [0xF0, 0x9F, 0x98],
        ]
        try await ServedLink.run(over: carrier, each: texts) { link, text in
            let first = RawFrame(isFinal: false, opcode: 1, payload: Array("a".utf8)).masked
            let cut = first + RawFrame(opcode: 0, payload: text).masked
            link.send(raw: isCut ? cut : RawFrame(opcode: 1, payload: text).masked)
            #expect(await link.closeCode() == 1007)
            #expect(await link.server.probe.nextClosure()?.ownCode == 1007)
        }
    }

    @Test(arguments: Carrier.allCases)
    func `a character may be cut between frames, and binary messages hold any bytes`(carrier: Carrier) async throws {
        try await ServedLink.run(over: carrier, each: [Array("käse 😀".utf8)]) { link, text in
            for index in text.indices {
                let isLast = index == text.count - 1
                let frame = RawFrame(isFinal: isLast, opcode: index == 0 ? 1 : 0, payload: [text[index]])
                link.send(raw: frame.masked)
            }
            link.send(raw: RawFrame(opcode: 2, payload: [0xFF, 0xC0]).masked)
            #expect(await link.server.probe.nextMessage()?.bytes == text)
            #expect(await link.server.probe.nextMessage()?.bytes == [0xFF, 0xC0])
        }
    }

    @Test(arguments: Carrier.allCases)
    func `a close with a code that may not be sent is answered 1002`(carrier: Carrier) async throws {
        let codes: [UInt16] = [0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2999, 5000, 65535]
        try await ServedLink.run(over: carrier, each: codes) { link, code in
            link.send(raw: RawFrame.close(code, "bye").masked)
            #expect(await link.closeCode() == 1002)
            let closure = await link.server.probe.nextClosure()
            #expect(closure?.ownCode == 1002 || closure?.code == 1002)
        }
    }

    @Test(arguments: Carrier.allCases)
    func `a close with a code that may be sent is answered with it`(carrier: Carrier) async throws {
        let codes: [UInt16] = [1000, 1001, 1003, 1007, 1011, 3000, 4400, 4999]
        try await ServedLink.run(over: carrier, each: codes) { link, code in
            link.send(raw: RawFrame.close(code, "tschüß").masked)
            #expect(await link.closeCode() == code)
            #expect(await link.server.probe.nextClosure() == WebSocketClosure(code: code, reason: "tschüß"))
        }
    }

    @Test(arguments: Carrier.allCases)
    func `half a close code is answered 1002, and a reason that is no UTF-8 1007`(carrier: Carrier) async throws {
        let closes: [(payload: [UInt8], code: UInt16)] = [
            ([3], 1002), ([3, 0xE8, 0xFF], 1007), ([3, 0xE8, 0x61, 0xC3], 1007),
        ]
        try await ServedLink.run(over: carrier, each: closes) { link, close in
            link.send(raw: RawFrame(opcode: 8, payload: close.payload).masked)
            #expect(await link.closeCode() == close.code)
            #expect(await link.server.probe.nextClosure()?.ownCode == close.code)
        }
    }

    @Test(arguments: Carrier.allCases)
    func `a message that is announced over the limit is refused with its first byte`(carrier: Carrier) async throws {
        // The beginnings of messages of more than 1,000 bytes.
        let heads: [[UInt8]] = [
            [0x81, 0xFE, 0x03, 0xE9, 0, 0, 0, 0, 0x61],
            [0x82, 0xFF, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0x61],
            [0x81, 0xFF, 0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 0, 0, 0x61],
            RawFrame(isFinal: false, opcode: 1, payload: [UInt8](repeating: 0x61, count: 10)).masked
                + [0x80, 0xFE, 0x03, 0xDF, 0, 0, 0, 0, 0x61],
            [0x01, 0xFE, 0x03, 0xE9, 0, 0, 0, 0, 0x61],
        ]
        try await ServedLink.run(over: carrier, each: heads) { link, head in
            link.send(raw: head)
            #expect(await link.closeCode() == 1009)
            #expect(await link.server.probe.nextClosure()?.ownCode == 1009)
        }
    }

    @Test(arguments: Carrier.allCases)
    func `a message of just the limit is taken, however it is cut`(carrier: Carrier) async throws {
        try await ServedLink.run(over: carrier, each: [[UInt8](repeating: 0x61, count: 1000)]) { link, payload in
            link.send(raw: RawFrame(opcode: 1, payload: payload).masked)
            link.send(raw: RawFrame(isFinal: false, opcode: 1, payload: Array(payload[..<400])).masked)
            link.send(raw: RawFrame(opcode: 0, payload: Array(payload[400...])).masked)
            for _ in 0..<2 { #expect(await link.server.probe.nextMessage()?.bytes == payload) }
        }
    }

    @Test(arguments: Carrier.allCases)
    func `pings that come apart are all answered, and the first of those in one read`(carrier: Carrier) async throws {
        try await ServedLink.run(over: carrier, each: [3]) { link, rounds in
            for round in 0..<UInt8(rounds) {
                let pings = (0..<3).map { RawFrame(opcode: 9, payload: [$0, round]).masked }
                link.send(raw: pings.reduce([], +))
                #expect(await link.probe.nextPong())
            }
        }
    }
}
