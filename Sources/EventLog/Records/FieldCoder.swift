/// Writes fields, reads them, or counts their bytes.
///
/// What a message is made of is said once for all three, in its `code`. Who writes doesn't change the values, who reads
/// replaces them.
protocol FieldCoder {
    mutating func byte(_ value: inout UInt8) throws(RecordError)
    /// So many bytes; who reads takes them from the message, and finds out first whether they are there.
    mutating func bytes(_ value: inout [UInt8], count: Int) throws(RecordError)
    /// Makes room, if need be, for so many elements that have a byte at least.
    mutating func expect(elements: Int) throws(RecordError)
}

extension FieldCoder {
    /// A number, 7 bits in a byte, the lowest first, and no more bytes than it takes.
    mutating func number(_ value: inout UInt64) throws(RecordError) {
        var (rest, result, shift) = (value, UInt64(0), UInt64(0))
        while true {
            var byte = UInt8(truncatingIfNeeded: rest & 0x7F) | (rest > 0x7F ? 0x80 : 0)
            try self.byte(&byte)
            guard shift < 63 || byte <= 1 else { throw .oversized(.number) }
            guard byte != 0 || shift == 0 else { throw .malformed(.number) }
            result |= UInt64(byte & 0x7F) << shift
            guard byte & 0x80 != 0 else { break }
            rest >>= 7
            shift += 7
        }
        value = result
    }

    /// A count up to a limit.
    mutating func count(_ value: inout Int, atMost limit: Int, _ field: RecordField = .count) throws(RecordError) {
        var number = UInt64(max(0, value))
        try self.number(&number)
        guard number <= limit else { throw .oversized(field) }
        value = Int(number)
    }

    /// A number of 8 bytes, for those that are seldom small.
    mutating func word(_ value: inout UInt64) throws(RecordError) {
        var result = UInt64(0)
        for shift in stride(from: UInt64(56), through: 0, by: -8) {
            var byte = UInt8(truncatingIfNeeded: value >> shift)
            try self.byte(&byte)
            result = result << 8 | UInt64(byte)
        }
        value = result
    }

    mutating func flag(_ value: inout Bool) throws(RecordError) {
        var byte: UInt8 = value ? 1 : 0
        try self.byte(&byte)
        guard byte <= 1 else { throw .malformed(.flag) }
        value = byte == 1
    }

    /// Bytes of any length up to a limit.
    mutating func data(_ value: inout [UInt8], atMost limit: Int) throws(RecordError) {
        var size = value.count
        try count(&size, atMost: limit, .data)
        try bytes(&value, count: size)
    }

    /// A text of up to so many bytes, in UTF-8.
    mutating func text(_ value: inout String, atMost limit: Int) throws(RecordError) {
        var size = value.utf8.count
        try count(&size, atMost: limit, .text)
        var bytes = Array(value.utf8)
        try self.bytes(&bytes, count: size)
        guard let text = String(validating: bytes, as: UTF8.self) else { throw .malformed(.text) }
        value = text
    }
}

/// Appends fields to bytes.
struct FieldWriter: FieldCoder {
    private(set) var written: [UInt8] = []

    mutating func byte(_ value: inout UInt8) { written.append(value) }

    mutating func bytes(_ value: inout [UInt8], count: Int) { written.append(contentsOf: value) }

    mutating func expect(elements: Int) {}
}

/// Counts the bytes that fields would take.
struct FieldCounter: FieldCoder {
    private(set) var size = 0

    mutating func byte(_ value: inout UInt8) { size += 1 }

    mutating func bytes(_ value: inout [UInt8], count: Int) { size += count }

    mutating func expect(elements: Int) {}
}

/// Takes fields from bytes of any origin.
struct FieldReader: FieldCoder {
    private let source: [UInt8]
    private var place = 0

    init(_ bytes: [UInt8]) { source = bytes }

    /// How many bytes weren't read.
    var left: Int { source.count - place }

    mutating func byte(_ value: inout UInt8) throws(RecordError) {
        guard left > 0 else { throw .truncated }
        value = source[place]
        place += 1
    }

    mutating func bytes(_ value: inout [UInt8], count: Int) throws(RecordError) {
        guard count <= left else { throw .truncated }
        value = Array(source[place..<place + count])
        place += count
    }

    mutating func expect(elements: Int) throws(RecordError) {
        guard elements <= left else { throw .truncated }
    }
}
