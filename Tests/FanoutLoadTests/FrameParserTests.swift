import TestSupport
import Testing

@testable import FanoutLoad

@Suite struct FrameParserTests {
    /// A frame as a test sees it, with its payload copied out.
    struct Seen: Equatable {
        var kind: Frame.Kind
        var payload: [UInt8]
        var length: Int

        init(_ kind: Frame.Kind, _ payload: [UInt8], length: Int? = nil) {
            self.kind = kind
            self.payload = payload
            self.length = length ?? payload.count
        }
    }

    static func frame(_ first: UInt8, _ payload: [UInt8]) -> [UInt8] {
        switch payload.count {
        case 0...125: [first, UInt8(payload.count)] + payload
        case 126...0xFFFF: [first, 126, UInt8(payload.count >> 8), UInt8(payload.count & 0xFF)] + payload
        default: [first, 127] + (0..<8).reversed().map { UInt8(payload.count >> (8 * $0) & 0xFF) } + payload
        }
    }

    /// Feeds `bytes` in chunks of the given size and returns all frames and the violation, if there was one.
    static func parse(_ bytes: [UInt8], chunk size: Int) -> (
        frames: [Seen], violation: FrameViolation?, atBoundary: Bool
    ) {
        var parser = FrameParser()
        var frames: [Seen] = []
        for start in stride(from: 0, to: bytes.count, by: size) {
            let chunk = Array(bytes[start..<min(start + size, bytes.count)])
            var position = 0
            stepping: while true {
                switch parser.step(in: chunk.span, at: &position) {
                case .needsMore:
                    #expect(position == chunk.count)
                    break stepping
                case .violation(let violation):
                    return (frames, violation, parser.isAtBoundary)
                case .frame(let frame):
                    switch frame.place {
                    case .chunk(let range):
                        frames.append(Seen(frame.kind, Array(chunk[range]), length: Int(frame.length)))
                    case .held:
                        var held = parser.takeHeld(frame.kind)
                        frames.append(Seen(frame.kind, held, length: Int(frame.length)))
                        parser.reuse(&held, for: frame.kind)
                    }
                }
            }
        }
        return (frames, nil, parser.isAtBoundary)
    }

    static let pattern = (0..<70_000).map { UInt8(truncatingIfNeeded: $0 &* 7) }

    @Test(arguments: [1, 2, 3, 7, 100, 125, 126, 127, 4096, 65_536, 200_000])
    func `frames of every length and kind survive any chunk size`(chunk: Int) {
        let text = { (count: Int) in Array(Self.pattern.prefix(count)) }
        let stream =
            Self.frame(0x81, text(0)) + Self.frame(0x81, text(125)) + Self.frame(0x82, text(126))
            + Self.frame(0x89, text(125)) + Self.frame(0x81, text(65_535)) + Self.frame(0x8A, [])
            + Self.frame(0x01, text(300)) + Self.frame(0x89, [9]) + Self.frame(0x00, []) + Self.frame(0x80, text(5))
            + Self.frame(0x81, text(65_536)) + Self.frame(0x88, [0x03, 0xE8])
        let (frames, violation, atBoundary) = Self.parse(stream, chunk: chunk)
        #expect(violation == nil)
        #expect(atBoundary)
        #expect(
            frames == [
                Seen(.text, []), Seen(.text, text(125)), Seen(.binary, text(126)), Seen(.ping, text(125)),
                Seen(.text, text(65_535)), Seen(.pong, []), Seen(.ping, [9]), Seen(.text, text(300) + text(5)),
                Seen(.text, text(65_536)), Seen(.close, [0x03, 0xE8]),
            ]
        )
    }

    @Test func `a cut message keeps its window and skips the rest`() {
        let stream = Self.frame(0x81, Self.pattern) + Self.frame(0x81, [1])
        let (frames, _, _) = Self.parse(stream, chunk: 1000)
        let kept = Array(Self.pattern.prefix(FrameParser.window))
        #expect(frames == [Seen(.text, kept, length: 70_000), Seen(.text, [1])])
    }

    @Test func `a huge announced length neither traps nor ends`() {
        let header: [UInt8] = [0x81, 127, 0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF]
        let (frames, violation, atBoundary) = Self.parse(header + Self.pattern, chunk: 999)
        #expect(frames.isEmpty)
        #expect(violation == nil)
        #expect(!atBoundary)
    }

    @Test func `fragments whose lengths overflow neither trap nor end`() {
        let cut = Self.frame(0x01, [1])
        let rest: [UInt8] = [0x00, 127, 0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 1, 2, 3]
        #expect(Self.parse(cut + rest, chunk: 1).violation == nil)
    }

    @Test(
        arguments: [
            ([0xC1, 0], FrameViolation.reservedBits),
            ([0x83, 0], .unknownOpcode),
            ([0x8B, 0], .unknownOpcode),
            ([0x81, 0x80, 1, 2, 3, 4], .masked),
            ([0x81, 126, 0, 125], .badLength),
            ([0x81, 127, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF], .badLength),
            ([0x81, 127, 0x80, 0, 0, 0, 0, 0, 0, 0], .badLength),
            ([0x89, 126, 0, 126], .badControl),
            ([0x08, 0], .badControl),
            ([0x80, 0], .strayContinuation),
            ([0x01, 0, 0x81, 0], .interruptedMessage),
        ] as [([UInt8], FrameViolation)]
    )
    func `a frame against RFC 6455 is named, whole or byte by byte`(bytes: [UInt8], expected: FrameViolation) {
        #expect(Self.parse(bytes, chunk: bytes.count).violation == expected)
        #expect(Self.parse(bytes, chunk: 1).violation == expected)
    }

    @Test func `random bytes never trap`() {
        var generator = SplitMix(seed: 42)
        for _ in 0..<2000 {
            let bytes = (0..<64).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
            _ = Self.parse([0x81, 3, 1, 2, 3] + bytes, chunk: Int.random(in: 1...80, using: &generator))
        }
    }

    @Test(arguments: [0, 1, 125, 126, 65_535, 65_536])
    func `written frames are masked and unmask to what was written`(count: Int) {
        var writer = FrameWriter(seed: 7)
        var output: [UInt8] = []
        let payload = Array(Self.pattern.prefix(count))
        writer.append(.text, payload.span, to: &output)
        let header = Self.frame(0x81, payload).count - count
        #expect(output[0] == 0x81)
        #expect(output[1] & 0x80 != 0)
        let mask = Array(output[header..<header + 4])
        #expect(mask != [0, 0, 0, 0])
        let body = output.dropFirst(header + 4).enumerated().map { $0.element ^ mask[$0.offset % 4] }
        #expect(body == payload)
        #expect([output[0], output[1] & 0x7F] + output[2..<header] + body == Self.frame(0x81, payload))
    }
}
