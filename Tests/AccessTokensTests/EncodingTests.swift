import Testing

@testable import AccessTokens

/// Base64 and DER.
struct EncodingTests {
    @Test(
        arguments: [
            ("", []), ("Zg", [0x66]), ("Zm8", [0x66, 0x6F]), ("Zm9v", [0x66, 0x6F, 0x6F]),
            ("-_-_", [0xFB, 0xFF, 0xBF]),
            ("A", nil), ("AAAAA", nil), ("Zh", nil), ("Zm9", nil), ("Zg==", nil), ("+/+/", nil), ("Zm 8", nil),
            ("Zm8\n", nil), ("Zm\u{FF39}v", nil),
        ] as [(String, [UInt8]?)]
    )
    func `RFC 4648 base64 for URLs is read strictly`(_ text: String, _ bytes: [UInt8]?) {
        #expect(Base64URL.decode(text.utf8) == bytes)
    }

    @Test func `what is written is read`() {
        for count in 0..<100 {
            let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 151 &+ count) }
            #expect(Base64URL.decode(base64URL(bytes).utf8) == bytes)
        }
    }

    @Test(
        arguments: [
            ([], [0x02, 1, 0]), ([0], [0x02, 1, 0]), ([0, 0, 5], [0x02, 1, 5]), ([0x7F], [0x02, 1, 0x7F]),
            ([0x80], [0x02, 2, 0, 0x80]), ([0, 0xFF, 1], [0x02, 3, 0, 0xFF, 1]),
        ] as [([UInt8], [UInt8])]
    )
    func `X.690 a number has as few bytes as it needs`(_ bytes: [UInt8], _ encoded: [UInt8]) {
        #expect(DER.integer(bytes) == encoded)
    }

    @Test(arguments: [
        (127, [127]), (128, [0x81, 128]), (255, [0x81, 255]), (256, [0x82, 1, 0]), (65_535, [0x82, 255, 255]),
    ])
    func `X.690 a length has as few bytes as it needs`(_ count: Int, _ length: [UInt8]) {
        let encoded = DER.sequence([UInt8](repeating: 1, count: count))
        #expect(Array(encoded.prefix(1 + length.count)) == [0x30] + length)
        #expect(encoded.count == 1 + length.count + count)
    }
}
