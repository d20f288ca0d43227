import Testing
import Wire

@testable import WebSockets

struct FrameReaderTests {
    /// Reads bytes that come in portions; the texts of the messages, and what else came between them.
    private static func read(_ bytes: [UInt8], portion: Int) -> [String] {
        var reader = FrameReader(limit: 1 << 20)
        var found: [String] = []
        var message = ""
        var rest = bytes[...]
        var isBroken = false
        while !rest.isEmpty, !isBroken {
            let chunk = Array(rest.prefix(portion))
            rest = rest.dropFirst(portion)
            unsafe chunk.withUnsafeBufferPointer { chunk in
                var start = 0
                while let event = unsafe reader.next(in: chunk, from: &start) {
                    switch event {
                    case .fragment(let range, let isFirst, let isFinal, let isText):
                        if isFirst { message = isText ? "text " : "binary " }
                        message += unsafe String(decoding: chunk[range], as: UTF8.self)
                        if isFinal { found.append(message) }
                    case .control(let opcode, let payload):
                        found.append("\(opcode) \(String(decoding: payload, as: UTF8.self))")
                    case .excess:
                        found.append("excess")
                        isBroken = true
                        return
                    case .violation(let reason):
                        found.append(reason)
                        isBroken = true
                        return
                    }
                }
            }
        }
        return found
    }

    @Test(arguments: [1, 2, 3, 4, 5, 7, 11, 64, 1_000_000])
    func `frames are the same in whatever portions they come`(portion: Int) {
        let long = String(repeating: "l", count: 300)
        let longest = String(repeating: "L", count: 70_000)
        func frame(_ opcode: FrameHead.Opcode, _ text: String) -> [UInt8] {
            FrameHead.frame(opcode, Array(text.utf8))
        }
        var bytes = frame(.text, "one") + frame(.text, "") + frame(.ping, "p") + frame(.text, long)
        bytes += frame(.binary, longest) + frame(.pong, "")
        // A message in four frames, one of them empty, with a ping between them.
        bytes += [0x01, 2, 0x61, 0x62, 0x00, 0] + frame(.ping, "q") + [0x00, 1, 0x63, 0x80, 1, 0x64]
        bytes += FrameHead.frame(.close, [0x03, 0xE8])
        #expect(
            Self.read(bytes, portion: portion) == [
                "text one", "text ", "ping p", "text \(long)", "binary \(longest)", "pong ", "ping q", "text abcd",
                "close \u{3}\u{FFFD}",
            ]
        )
    }

    @Test(
        arguments: [
            ([0xC1, 0], "a reserved bit is set"), ([0x91, 0], "a reserved bit is set"),
            ([0x81, 0x81, 0, 0, 0, 0, 0], "a server's frame is masked"),
            ([0x83, 0], "an opcode is reserved"), ([0x8F, 0], "an opcode is reserved"),
            ([0x80, 0], "a continuation has no beginning"),
            ([0x01, 0, 0x81, 0], "a message begins within another"),
            ([0x09, 0], "a control frame is cut or too long"),
            ([0x88, 126, 0, 126], "a control frame is cut or too long"),
            ([0x82, 127, 0x80, 0, 0, 0, 0, 0, 0, 0], "a frame is longer than any may be"),
        ] as [([UInt8], String)],
        [1, 100]
    )
    func `what breaks the rules is told, behind what was right`(test: ([UInt8], String), portion: Int) {
        #expect(Self.read(test.0, portion: portion).last == test.1)
    }

    @Test(
        arguments: [
            // 2^20 + 1 bytes at once, and in three frames; the first one alone is allowed.
            [0x81, 127, 0, 0, 0, 0, 0, 16, 0, 1], [0x82, 127, 0x7F, 0, 0, 0, 0, 0, 0, 0],
            [0x01, 1, 0x61, 0x00, 1, 0x61, 0x80, 127, 0, 0, 0, 0, 0, 15, 0xFF, 0xFF],
        ] as [[UInt8]],
        [1, 100]
    )
    func `a message over the limit is refused at the head that announces it`(bytes: [UInt8], portion: Int) {
        #expect(Self.read(bytes, portion: portion) == ["excess"])
        #expect(Self.read([0x81, 127, 0, 0, 0, 0, 0, 16, 0, 0], portion: portion) == [])
        // A message that is over doesn't count for the next one.
        #expect(Self.read([0x81, 1, 0x61, 0x81, 127, 0, 0, 0, 0, 0, 16, 0, 0], portion: portion) == ["text a"])
    }
}
