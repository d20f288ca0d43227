/// A server's frame as bytes on the wire, written and read without the code under test.
struct WireFrame: Hashable {
    var text: [UInt8]

    init(_ text: String) { self.text = Array(text.utf8) }

    init(text: [UInt8]) { self.text = text }

    /// One final, unmasked text frame (RFC 6455, section 5.2).
    var bytes: [UInt8] {
        var bytes: [UInt8] = [0x81]
        if text.count <= 125 {
            bytes.append(UInt8(text.count))
        } else if text.count <= 65535 {
            bytes += [126, UInt8(text.count / 256), UInt8(text.count % 256)]
        } else {
            bytes += [127, 0, 0, 0, 0]
            bytes += [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: text.count >> $0) }
        }
        return bytes + text
    }

    /// The frames that a stream of bytes consists of; nil unless it is nothing but whole text frames.
    static func parse(_ stream: [UInt8]) -> [WireFrame]? {
        var frames: [WireFrame] = []
        var place = 0
        while place < stream.count {
            guard stream.count - place >= 2, stream[place] == 0x81 else { return nil }
            var length = Int(stream[place + 1])
            place += 2
            if length > 125 {
                let size = length == 126 ? 2 : length == 127 ? 8 : 0
                guard size > 0, stream.count - place >= size else { return nil }
                length = stream[place..<place + size].reduce(0) { $0 << 8 | Int($1) }
                place += size
            }
            guard stream.count - place >= length else { return nil }
            frames.append(WireFrame(text: Array(stream[place..<place + length])))
            place += length
        }
        return frames
    }
}
