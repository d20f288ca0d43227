import Testing
import WebSockets
import Wire

struct FrameHeadTests {
    @Test(
        arguments: [
            (0, [0x81, 0]), (125, [0x81, 125]), (126, [0x81, 126, 0, 126]), (65535, [0x81, 126, 0xFF, 0xFF]),
            (65536, [0x81, 127, 0, 0, 0, 0, 0, 1, 0, 0]),
        ] as [(Int, [UInt8])]
    )
    func `a head is as long as its payload needs`(payload: Int, head: [UInt8]) {
        var bytes: [UInt8] = [9]
        FrameHead.append(.text, payload: payload, to: &bytes)
        #expect(bytes == [9] + head)
        #expect(FrameHead.size(payload: payload) == head.count)
        #expect(head.count <= FrameHead.maximumUnmaskedSize)
    }

    @Test
    func `a masked frame is the example of RFC 6455, section 5_7`() {
        #expect(
            FrameHead.frame(.text, Array("Hello".utf8), mask: 0x37FA_213D)
                == [0x81, 0x85, 0x37, 0xFA, 0x21, 0x3D, 0x7F, 0x9F, 0x4D, 0x51, 0x58]
        )
        #expect(FrameHead.frame(.text, Array("Hello".utf8)) == [0x81, 0x05, 0x48, 0x65, 0x6C, 0x6C, 0x6F])
    }

    @Test(arguments: [
        ("", 0), ("bye", 3), (String(repeating: "a", count: 123), 123), (String(repeating: "a", count: 124), 123),
        (String(repeating: "👩‍👩‍👧", count: 9), 108),
    ])
    func `a close reason is cut to 123 bytes at a character's border`(reason: String, kept: Int) {
        let payload = FrameHead.closePayload(1001, reason)
        #expect(payload.prefix(2) == [0x03, 0xE9])
        #expect(payload.count == 2 + kept)
        #expect(reason.utf8.starts(with: payload.dropFirst(2)))
    }
}
