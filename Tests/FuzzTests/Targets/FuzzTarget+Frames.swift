import Wire

@testable import WebSockets

extension FuzzTarget {
    /// Frames mean the same however they are cut, and no byte is told twice.
    static let frames = FuzzTarget(
        name: "frames",
        words: ["\u{1}\u{0}", "\u{81}\u{7E}", "\u{88}\u{2}", "\u{89}\u{0}", "\u{82}\u{7F}"]
    ) { input throws(Violation) in
        let whole = try Frames(of: [input])
        let pieces = try Frames(of: Array(Deal(input)))
        try require(whole == pieces, "pieces make other frames")
        return whole.way
    }

    /// What a reader made of its bytes, message for message.
    private struct Frames: Equatable {
        private static let limit = 1 << 14

        private(set) var messages: [[UInt8]] = []
        private(set) var controls: [[UInt8]] = []
        private(set) var end = ""
        private(set) var open: [UInt8] = []
        private(set) var isWithin = false
        private(set) var way: UInt64 = 0

        static func == (left: Frames, right: Frames) -> Bool {
            left.messages == right.messages && left.controls == right.controls && left.end == right.end
                && left.open == right.open
        }

        init(of pieces: [[UInt8]]) throws(Violation) {
            var reader = FrameReader(limit: Self.limit)
            var way = Way()
            for piece in pieces {
                var start = 0
                while true {
                    let before = start
                    let event = unsafe piece.withUnsafeBufferPointer { unsafe reader.next(in: $0, from: &start) }
                    try require(start >= before && start <= piece.count, "a reader goes back, or beyond the end")
                    guard let event else { break }
                    way.pass(kindOf: event)
                    guard try take(event, piece) else {
                        self.way = way.value
                        return
                    }
                }
                try require(start == piece.count, "bytes are left over")
            }
            self.way = way.value
        }

        /// False at the end of what can be read.
        private mutating func take(_ event: FrameReader.Event, _ piece: [UInt8]) throws(Violation) -> Bool {
            switch event {
            case .fragment(let range, let isFirst, let isFinal, _):
                try require(range.upperBound <= piece.count, "a fragment is behind the end")
                try require(isFirst == !isWithin, "a message begins within another, or in its middle")
                open += piece[range]
                try require(open.count <= Self.limit, "a message is larger than any may be")
                isWithin = !isFinal
                if isFinal {
                    messages.append(open)
                    open = []
                }
                return true
            case .control(let opcode, let payload):
                try require(payload.count <= 125, "a control frame is too long")
                controls.append([opcode.rawValue] + payload)
                return true
            case .excess: end = "excess"
            case .violation(let text): end = text
            }
            return false
        }
    }
}
