/// Finds the body in a chunked transfer (RFC 9112 section 7.1), piece by piece.
struct ChunkDecoder {
    /// The result of a step.
    enum Step: Equatable {
        /// Body bytes at these offsets.
        case body(Range<Int>)
        case needsMore
        /// The last chunk.
        case end
        case malformed
    }

    private enum State {
        /// Within a chunk's size, of which this many digits were read.
        case size(UInt64, digits: Int)
        /// After a size, before the line's end.
        case tail(UInt64)
        case body(UInt64)
        /// Within the line end after a chunk's body.
        case lineEnd
        case ended
        case failed
    }

    private var state = State.size(0, digits: 0)

    /// Advances to the next piece of body in `bytes`, from `position` on.
    mutating func step(in bytes: Span<UInt8>, at position: inout Int) -> Step {
        while true {
            switch state {
            case .ended: return .end
            case .failed: return .malformed
            case .body(let remaining):
                guard position < bytes.count else { return .needsMore }
                let count = Int(min(remaining, UInt64(bytes.count - position)))
                state = remaining == UInt64(count) ? .lineEnd : .body(remaining - UInt64(count))
                defer { position += count }
                return .body(position..<position + count)
            case .size, .tail, .lineEnd:
                guard position < bytes.count else { return .needsMore }
                take(bytes[position])
                position += 1
            }
        }
    }

    private mutating func take(_ byte: UInt8) {
        switch state {
        case .size(let size, let digits):
            if let digit = Self.hexDigit(byte), digits < 15 {
                state = .size(size << 4 | digit, digits: digits + 1)
            } else if digits > 0, byte == UInt8(ascii: "\r") || byte == UInt8(ascii: ";") || byte == 0x20 {
                state = .tail(size)
            } else {
                state = .failed
            }
        case .tail(let size):
            if byte == UInt8(ascii: "\n") { state = size == 0 ? .ended : .body(size) }
        case .lineEnd:
            if byte == UInt8(ascii: "\n") {
                state = .size(0, digits: 0)
            } else if byte != UInt8(ascii: "\r") {
                state = .failed
            }
        case .body, .ended, .failed:
            break
        }
    }

    private static func hexDigit(_ byte: UInt8) -> UInt64? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt64(byte - UInt8(ascii: "0"))
        case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt64(byte - UInt8(ascii: "a") + 10)
        case UInt8(ascii: "A")...UInt8(ascii: "F"): UInt64(byte - UInt8(ascii: "A") + 10)
        default: nil
        }
    }
}
