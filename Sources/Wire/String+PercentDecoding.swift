extension String {
    /// Decodes each `%` with two hexadecimal digits to a byte; any other `%` stays as it is.
    ///
    /// Bytes that aren't UTF-8 become U+FFFD.
    package init(percentDecoding text: some StringProtocol) {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.utf8.count)
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%"), let high = rest.first?.hexadecimalValue,
                let low = rest.dropFirst().first?.hexadecimalValue
            else {
                bytes.append(byte)
                continue
            }
            bytes.append(high << 4 | low)
            rest = rest.dropFirst(2)
        }
        self.init(decoding: bytes, as: UTF8.self)
    }
}

extension UInt8 {
    fileprivate var hexadecimalValue: UInt8? {
        guard isHexadecimal else { return nil }
        return isDigit ? self - UInt8(ascii: "0") : lowercased - UInt8(ascii: "a") + 10
    }
}
