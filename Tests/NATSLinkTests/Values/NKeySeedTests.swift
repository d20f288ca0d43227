import Testing

@testable import NATSLink

struct NKeySeedTests {
    // The pair of NATS' own documentation.
    private static let seed = "SUACSSL3UAHUDXKFSNVUZRF5UHPMWZ6BFDTJ7M6USDXIEDNPPQYYYCU3VY"
    private static let publicKey = "UDXU4RCSJNZOIQHZNWXHXORDPRTGNJAHAHFRGZNEEJCPQTT2M7NLCNF4"

    @Test(arguments: [seed, "\(seed)\n", "# mine\n  \(seed)\r\n", "UABC\nSUABC\n\(seed)"])
    func `a user's seed has the public key of its user`(text: String) {
        #expect(NKeySeed(parsing: text)?.publicKey == Self.publicKey)
    }

    @Test(arguments: [
        "", "SU", publicKey, String(seed.dropLast()), seed + "A", seed.lowercased(),
        // One character is wrong.
        seed.replacing("SUACSS", with: "SUACST"), seed.replacing("U3VY", with: "U3VZ").replacing("YCU", with: "YCV"),
        // An account's and an operator's seed.
        "SAANJIBNEKGCRUWJCPIWUXFBFJLR36FJTFKGBGKAT7AQXH2LVFNQWZJMQU", "SU\(String(repeating: "1", count: 56))",
    ])
    func `what is no user's seed is none`(text: String) {
        #expect(NKeySeed(parsing: text) == nil)
    }

    @Test(arguments: [
        ("", ""), ("f", "MY"), ("fo", "MZXQ"), ("foo", "MZXW6"), ("foob", "MZXW6YQ"), ("fooba", "MZXW6YTB"),
        ("foobar", "MZXW6YTBOI"),
    ])
    func `base 32 is that of RFC 4648, section 10`(text: String, encoded: String) {
        #expect(Base32.encode(Array(text.utf8)) == encoded)
        #expect(Base32.decode(encoded) == Array(text.utf8))
    }
}
