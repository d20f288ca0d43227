import Testing
import Wire

@Suite struct CloseFrameTests {
    @Test(
        arguments: [
            (0, false), (999, false), (1000, true), (1003, true), (1004, false), (1005, false), (1006, false),
            (1007, true), (1014, true), (1015, false), (1016, false), (2999, false), (3000, true), (4999, true),
            (5000, false), (65_535, false),
        ] as [(UInt16, Bool)]
    )
    func `codes that may be sent`(_ code: UInt16, _ allowed: Bool) { #expect(CloseFrame.maySend(code) == allowed) }

    @Test(arguments: [
        ("", 0), ("bye", 3), (String(repeating: "a", count: 123), 123), (String(repeating: "a", count: 124), 123),
        // Two bytes each, three, four; and one of 18 bytes that is several characters of UTF-8.
        (String(repeating: "é", count: 62), 122), (String(repeating: "€", count: 42), 123),
        (String(repeating: "😀", count: 31), 120), ("a" + String(repeating: "😀", count: 31), 121),
        (String(repeating: "👩‍👩‍👧", count: 9), 122),
    ])
    func `P21 a reason is clipped to 123 bytes at a character of UTF-8`(_ reason: String, _ kept: Int) {
        let clipped = CloseFrame.clip(reason)
        #expect(clipped.utf8.count == kept)
        #expect(reason.utf8.starts(with: clipped.utf8))
        #expect(!clipped.unicodeScalars.contains("\u{FFFD}"))
        #expect(CloseFrame.payload(1001, reason) == [0x03, 0xE9] + clipped.utf8)
    }
}
