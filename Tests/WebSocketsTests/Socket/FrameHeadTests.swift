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

    @Test func `a close frame holds as much of its reason as there is room for`() {
        #expect(FrameHead.closeFrame(1001, "bye") == [0x88, 5, 0x03, 0xE9] + Array("bye".utf8))
        let frame = FrameHead.closeFrame(4400, String(repeating: "a", count: 124))
        #expect(frame == [0x88, 125, 0x11, 0x30] + Array(repeating: UInt8(ascii: "a"), count: 123))
        #expect(FrameHead.closeFrame(1000, "", mask: 0x0102_0304) == [0x88, 0x82, 1, 2, 3, 4, 0x02, 0xEA])
    }
}
