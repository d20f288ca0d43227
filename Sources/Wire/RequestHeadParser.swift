/// Finds the head of an HTTP/1 request in a connection's bytes, strictly by RFC 9112.
///
/// With each call it gets all bytes that have arrived, from the first one on, but looks at each byte only once. So
/// bytes that trickle in cost no more than bytes that arrive together. It stores no bytes itself.
package struct RequestHeadParser: Sendable {
    private enum Part { case beforeRequestLine, requestLine, fields }

    private var part = Part.beforeRequestLine
    /// How many bytes it has looked at.
    private var position = 0
    private var lineStart = 0
    private var method = RequestMethod.get
    private var minorVersion = 1
    private var target = 0..<0
    private var fields: [RequestHead.Field] = []

    /// Makes a parser for a new connection.
    package init() {}

    /// Whether any byte of a request has arrived.
    package var hasBegun: Bool { position > 0 }

    /// The method, once the request line is known to be valid; nil before.
    package var methodSoFar: RequestMethod? { part == .fields ? method : nil }

    /// Looks at the bytes that arrived since the last call; nil while the head isn't complete.
    ///
    /// - Parameter bytes: All bytes that have arrived, those of earlier calls included.
    /// - Throws: What is wrong, as soon as that is certain; the parser can't be used afterwards.
    package mutating func parse(_ bytes: Span<UInt8>) throws(RequestHeadError) -> RequestHead? {
        let end = min(bytes.count, RequestHead.maximumSize)
        // A copy, which stays in a register.
        var next = position
        defer { position = next }
        var followsReturn = next > lineStart && bytes[next - 1] == .carriageReturn
        while next < end {
            let byte = bytes[next]
            if followsReturn, byte != .lineFeed { throw .bareCarriageReturn }
            next += 1
            if byte.isOrdinary { continue }
            switch byte {
            case .carriageReturn: followsReturn = true
            case .lineFeed where followsReturn:
                followsReturn = false
                let line = lineStart..<(next - 2)
                lineStart = next
                if try take(line, of: bytes) { return try head(in: bytes, size: next) }
            case .lineFeed: throw .bareLineFeed
            default: throw .controlByte
            }
        }
        guard next < RequestHead.maximumSize else { throw tooLarge }
        return nil
    }

    private var tooLarge: RequestHeadError { part == .fields ? .tooLarge : .targetTooLong }

    /// Takes a line; true when it is the blank line after the fields.
    private mutating func take(_ line: Range<Int>, of bytes: Span<UInt8>) throws(RequestHeadError) -> Bool {
        switch part {
        case .beforeRequestLine:
            // One blank line may come first, as old clients send one after a body (RFC 9112, section 2.2).
            if line.isEmpty {
                part = .requestLine
                return false
            }
            try takeRequestLine(line, of: bytes)
        case .requestLine:
            try takeRequestLine(line, of: bytes)
        case .fields:
            if line.isEmpty { return true }
            try takeField(line, of: bytes)
        }
        return false
    }

    private mutating func takeRequestLine(_ line: Range<Int>, of bytes: Span<UInt8>) throws(RequestHeadError) {
        guard let first = bytes.first(.space, in: line), first > line.lowerBound,
            let second = bytes.first(.space, in: (first + 1)..<line.upperBound), second > first + 1,
            bytes.first(.space, in: (second + 1)..<line.upperBound) == nil
        else { throw .requestLine }
        let name = line.lowerBound..<first
        guard name.allSatisfy({ bytes[$0].isToken }) else { throw .requestLine }
        minorVersion = try version((second + 1)..<line.upperBound, of: bytes)
        guard let method = RequestMethod.allCases.first(where: { bytes.equals($0.rawValue, in: name) }) else {
            throw .unknownMethod
        }
        self.method = method
        target = (first + 1)..<second
        fields.reserveCapacity(16)
        part = .fields
    }

    private func version(_ range: Range<Int>, of bytes: Span<UInt8>) throws(RequestHeadError) -> Int {
        let digits = (range.lowerBound + 5, range.lowerBound + 7)
        guard range.count == 8, bytes.equals("HTTP/", in: range.lowerBound..<digits.0),
            bytes[digits.0].isDigit, bytes[digits.0 + 1] == UInt8(ascii: "."), bytes[digits.1].isDigit
        else { throw .requestLine }
        guard bytes[digits.0] == UInt8(ascii: "1") else { throw .version }
        return bytes[digits.1] == UInt8(ascii: "0") ? 0 : 1
    }

    private mutating func takeField(_ line: Range<Int>, of bytes: Span<UInt8>) throws(RequestHeadError) {
        guard fields.count < RequestHead.maximumFieldCount else { throw .tooManyFields }
        guard !bytes[line.lowerBound].isBlank else { throw .foldedLine }
        guard let colon = bytes.first(UInt8(ascii: ":"), in: line) else { throw .fieldWithoutColon }
        let name = line.lowerBound..<colon
        guard let last = name.last else { throw .fieldName }
        guard !bytes[last].isBlank else { throw .blankBeforeColon }
        guard name.allSatisfy({ bytes[$0].isToken }) else { throw .fieldName }
        let value = ((colon + 1)..<line.upperBound).trimmed { bytes[$0].isBlank }
        let known = FieldName.find(name, in: bytes)
        if let known, known.separator == nil, fields.contains(where: { $0.known == known }) { throw .repeated(known) }
        fields.append(RequestHead.Field(known: known, name: name, value: value))
    }

    private func head(in bytes: Span<UInt8>, size: Int) throws(RequestHeadError) -> RequestHead {
        let parts = try RequestTarget(target, of: method, in: bytes)
        let head = RequestHead(
            method: method,
            target: target,
            parts,
            minorVersion: minorVersion,
            bytes: bytes.copy(of: 0..<size),
            fields: fields
        )
        try head.checkHost()
        try head.checkFraming()
        return head
    }
}

extension Span<UInt8> {
    /// The first place of a byte in a part.
    func first(_ byte: UInt8, in range: Range<Int>) -> Int? {
        var index = range.lowerBound
        while index < range.upperBound {
            if self[index] == byte { return index }
            index += 1
        }
        return nil
    }

    /// Whether a part equals `text` exactly.
    func equals(_ text: String, in range: Range<Int>) -> Bool {
        var text = text
        return text.withUTF8 { letters in
            guard letters.count == range.count else { return false }
            for index in range where unsafe self[index] != letters[index - range.lowerBound] { return false }
            return true
        }
    }

    func copy(of range: Range<Int>) -> [UInt8] {
        unsafe withUnsafeBufferPointer { unsafe Array($0[range]) }
    }
}
