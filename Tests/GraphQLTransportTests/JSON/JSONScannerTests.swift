import GraphQLTransport
import TestSupport
import Testing

@Suite struct JSONScannerTests {
    @Test(arguments: [
        "null", "true", "false", " \t\r\n null \n", "0", "-0", "12", "-12.5", "1e5", "1E+5", "1.25e-07", "0.0", "0e0",
        "\"\"", #""plain""#, #""\" \\ \/ \b \f \n \r \t""#, #""\u0041\uD83D\uDE00""#, #""\ud800""#, #""\udc00\ud800""#,
        "\"é €\u{7f} 😀\u{10FFFF}\"", "\"exactly seven\"", "[]", "[ ]", "[1]", "[1,2 , 3]", "[[],[[]],{}]", "{}", "{ }",
        #"{"a":1}"#, #"{"a":1,"b":[true,null],"c":{"d":"e"}}"#, #"{"a":1,"a":2}"#, #"{"":0}"#, #"["a\u0000b"]"#,
    ])
    func `valid JSON passes`(_ text: String) throws {
        let bytes = text.bytes
        #expect(JSONOracle.accepts(bytes))
        let token = try JSONScanner.scan(bytes.span)
        #expect(bytes.text(token.range) == text.trimmed)
    }

    @Test(arguments: [
        "", " ", "nul", "nulll", "True", "NaN", "Infinity", "-", "+1", "01", "-01", "1.", ".5", "1.e1", "1e", "1e+",
        "0x10", "1 2", "\"", #"""#, #""a"#, #""\"#, #""\x""#, #""\u12""#, #""\u12G4""#, "\"\n\"", "\"\t\"",
        "\"\u{1f}\"", "'a'", "[", "]", "[1", "[1,", "[1,]", "[,1]", "[1 2]", "[1:2]", "[}", "{", "}", "{\"a\"",
        "{\"a\":", "{\"a\":1", "{\"a\":1,", "{\"a\":1,}", "{,}", "{a:1}", "{\"a\" 1}", "{\"a\",1}", "{1:2}", "{\"a\":}",
        "{]", "[1]]", "{}{}", "\u{FEFF}{}", "\u{A0}1", "{\"a\":1 \"b\":2}", "/* */1", "1//", "\u{0}", "[1]\u{0}",
        "[1e1.5]", "--1", "[-]", "{\"a\":tru}", "[\"a\",\n4\n,1,",
    ])
    func `invalid JSON throws`(_ text: String) {
        #expect(!JSONOracle.accepts(text.bytes))
        #expect(throws: ScanError.self) { try JSONScanner.scan(text.bytes.span) }
    }

    @Test(
        arguments: [
            [0x80], [0xBF], [0xC0, 0xAF], [0xC1, 0xBF], [0xC2], [0xC2, 0x22], [0xE0, 0x80, 0x80], [0xE0, 0x9F, 0xBF],
            [0xED, 0xA0, 0x80], [0xED, 0xBF, 0xBF], [0xE2, 0x82], [0xE2, 0x28, 0xA1], [0xF0, 0x80, 0x80, 0x80],
            [0xF0, 0x8F, 0xBF, 0xBF], [0xF4, 0x90, 0x80, 0x80], [0xF5, 0x80, 0x80, 0x80], [0xF0, 0x9F, 0x98],
            [0xFE], [0xFF], [0xEF, 0xBF], [0xC3, 0xA9, 0xA9],
        ] as [[UInt8]]
    )
    func `a string that is not UTF-8 throws`(_ bad: [UInt8]) {
        for padding in 0..<9 {
            let bytes = [0x22] + [UInt8](repeating: 0x61, count: padding) + bad + [0x22]
            #expect(!JSONOracle.accepts(bytes))
            let error = #expect(throws: ScanError.self) { try JSONScanner.scan(bytes.span) }
            #expect(error?.reason == .invalidUTF8)
        }
    }

    @Test func `every boundary of UTF-8 passes`() throws {
        for value: UInt32 in [0x80, 0x7FF, 0x800, 0xFFF, 0x1000, 0xD7FF, 0xE000, 0xFFFF, 0x1_0000, 0xF_FFFF, 0x10_FFFF]
        {
            let text = "\"\(Unicode.Scalar(value)!)\""
            #expect(try JSONScanner.scan(text.bytes.span).kind == .string)
        }
    }

    @Test func `a quote, a backslash and a control character are found at every offset of a word`() throws {
        for length in 0..<40 {
            let plain = String(repeating: "~", count: length)
            #expect(try JSONScanner.scan("\"\(plain)\"".bytes.span).range == 0..<length + 2)
            let escaped = try JSONScanner.scan("\"\(plain)\\n\(plain)\"".bytes.span)
            #expect(escaped.hasEscapes)
            #expect(escaped.contents.count == 2 * length + 2)
            let error = #expect(throws: ScanError.self) { try JSONScanner.scan("\"\(plain)\u{1}\(plain)\"".bytes.span) }
            #expect(error == nil || error?.reason == .controlCharacter && error?.offset == length + 1)
        }
    }

    @Test func `nesting ends at the limit`() throws {
        func nested(_ depth: Int) -> [UInt8] {
            (String(repeating: "[", count: depth) + String(repeating: "]", count: depth)).bytes
        }
        #expect(try JSONScanner.scan(nested(64).span).kind == .array)
        let error = #expect(throws: ScanError.self) { try JSONScanner.scan(nested(65).span) }
        #expect(error?.reason == .tooDeep)
        #expect(error?.offset == 64)
        #expect(try JSONScanner.scan(nested(3).span, maximumDepth: 3).kind == .array)
        #expect(throws: ScanError.self) { try JSONScanner.scan(nested(4).span, maximumDepth: 3) }
        #expect(throws: ScanError.self) { try JSONScanner.scan("[]".bytes.span, maximumDepth: 0) }
        #expect(throws: ScanError.self) { try JSONScanner.scan("[]".bytes.span, maximumDepth: .min) }
        #expect(throws: ScanError.self) { try JSONScanner.scan(nested(100_000).span, maximumDepth: .max) }
    }

    @Test func `an object is told from other values`() throws {
        #expect(try JSONScanner.scanObject(" {} ".bytes.span).range == 1..<3)
        let error = #expect(throws: ScanError.self) { try JSONScanner.scanObject("[]".bytes.span) }
        #expect(error?.reason == .notAnObject)
    }

    @Test func `errors name the byte`() {
        let error = #expect(throws: ScanError.self) { try JSONScanner.scan("[1,x]".bytes.span) }
        #expect(error.map { "\($0)" } == "unexpected byte 0x78 at byte 3")
    }

    @Test func `mutated JSON is judged as a second parser judges it`() {
        let seeds = [
            #"{"id":"1","type":"next","payload":{"data":{"a":[1,-2.5e3,true,null,"x\u00e9\n"]},"errors":[]}}"#,
            #"[{"k\\":"é€😀"},[[[]]],0.5,"\ud83d\ude00",false]"#,
            "\"a longer run of plain text, to have words of eight bytes\"", "-12.75E-3",
        ].map(\.bytes)
        let alphabet = "{}[]\",:\\/u0123456789.eE+-tfn \n\u{e9}".bytes
        var generator = SplitMix(seed: 20_240_611)
        var verdicts = [true: 0, false: 0]
        for _ in 0..<15_000 {
            let bytes = generator.mutate(seeds.randomElement(using: &generator)!, alphabet: alphabet)
            let scanned = (try? JSONScanner.scan(bytes.span)) != nil
            let expected = JSONOracle.accepts(bytes)
            #expect(scanned == expected, "\(bytes.text) \(bytes)")
            verdicts[expected]! += 1
        }
        #expect(verdicts[true]! > 500)
        #expect(verdicts[false]! > 500)
    }
}

extension String {
    /// The text without the white space around it.
    fileprivate var trimmed: String {
        var scalars = unicodeScalars[...]
        while let first = scalars.first, " \t\r\n".unicodeScalars.contains(first) { scalars.removeFirst() }
        while let last = scalars.last, " \t\r\n".unicodeScalars.contains(last) { scalars.removeLast() }
        return String(scalars)
    }
}
