import GraphQLTransport
import TestSupport
import Testing

@Suite struct DocumentTests {
    @Test(arguments: [
        ("{a}", "{a}"), ("{ a , b\n c }", "{a b c}"), ("query{a}", "query{a}"), ("query  Q { a }", "query Q{a}"),
        (
            "\u{FEFF}subscription S($v:Int=1,$w:[String!]!){tick(a:$v b:-1.5e3){x(y:$w)}}#end",
            "subscription S($v:Int=1$w:[String!]!){tick(a:$v b:-1.5e3){x(y:$w)}}"
        ),
        (
            "# first\n{ a(b: {c: [1, 2], d: {}}) @skip(if: true) ... on T { b } ...F }\nfragment F on T @d { c }",
            "{a(b:{c:[1 2]d:{}})@skip(if:true)...on T{b}...F}fragment F on T@d{c}"
        ),
        ("mutation M { a(s: \"x, # \\\" \\u00e9 \\u{1F600}\") }", "mutation M{a(s:\"x, # \\\" \\u00e9 \\u{1F600}\")}"),
        ("{a(s:[\"\" \"\" \"x\"])}", "{a(s:[\"\" \"\" \"x\"])}"),
        (
            "{a(s:\"\"\"\n    one\n      two \"quoted\" \\\"\"\" \n\n  \"\"\")}",
            #"{a(s:"one\n  two \"quoted\" \"\"\" ")}"#
        ),
        ("\"about\" query Q { a }", "\"about\"query Q{a}"), ("query Q @d(x: 1) @e { a }", "query Q@d(x:1)@e{a}"),
        ("{query: mutation on: subscription}", "{query:mutation on:subscription}"),
        ("query($v:Int){a(b:ENUM c:$v)}", "query($v:Int){a(b:ENUM c:$v)}"),
        ("{a(b:\"é😀\")}", "{a(b:\"é😀\")}"),
        ("{a(b:\"\\uD83D\\uDE00 \\ud800\\uDFFF\")}", "{a(b:\"\\uD83D\\uDE00 \\ud800\\uDFFF\")}"),
        ("{a(b:\"\"\"\\uD83D\"\"\")}", "{a(b:\"\\\\uD83D\")}"),
    ])
    func `the canonical text has the least separators and is its own canonical text`(
        _ text: String,
        _ canonical: String
    ) throws {
        let document = try Document(parsing: text)
        #expect(document.canonicalText == canonical)
        #expect(try Document(parsing: canonical).canonicalText == canonical)
        #expect(try Document(parsing: text.bytes) == document)
    }

    @Test func `formatting makes no difference`() throws {
        let plain = try Document(
            parsing: "subscription S($id: ID!) { price(id: $id, note: \"\"\"a\n b\"\"\") { value at } }"
        )
        let variants = [
            "subscription S($id:ID!){price(id:$id note:\"\"\"a\n b\"\"\"){value at}}",
            "# head\r\nsubscription\tS (\r\n  $id : ID !,,\n) {\n price(id: $id,\n note: \"\"\"\n   a\n   b\n  \"\"\") {value, at} # tail\n}",
            "\u{FEFF}subscription S($id: ID!) { price(id: $id, note: \"a\\nb\") { value at } }",
        ]
        for variant in variants { #expect(try Document(parsing: variant) == plain, "\(variant)") }
        #expect(Set(try variants.map { try Document(parsing: $0) } + [plain]).count == 1)
    }

    @Test(arguments: [
        "{ab}", "{a(b:1)}", "{a(b:\"1\")}", "{a(b:1.0)}", "query Q{a b}", "{b a}", "{a(s:\"x y\")}",
        "{a(s:\"x  y\")}", "{a(s:\"\u{e9}\")}", "{a(s:\"e\u{301}\")}",
    ])
    func `a difference in meaning is a difference`(_ text: String) throws {
        let all = [
            "{a b}", "{ab}", "{a(b:1)}", "{a(b:\"1\")}", "{a(b:1.0)}", "query Q{a b}", "{b a}", "{a(s:\"x y\")}",
            "{a(s:\"x  y\")}", "{a(s:\"\u{e9}\")}", "{a(s:\"e\u{301}\")}",
        ]
        let document = try Document(parsing: text)
        #expect(try all.filter { try Document(parsing: $0) == document }.count == 1)
    }

    @Test(arguments: [
        ("", "no operation at line 1, column 1"), ("  # only\n", "no operation at line 2, column 1"),
        ("fragment F on T {a}", "no operation at line 1, column 20"), ("{", "unexpected end at line 1, column 2"),
        ("{}", "unexpected } at line 1, column 2"), ("{a{}}", "unexpected } at line 1, column 4"),
        ("{a}}", "unexpected } at line 1, column 4"), ("{a)", "unexpected ) at line 1, column 3"),
        ("{a(b:[1)}", "unexpected ) at line 1, column 8"), ("query Q", "unexpected end at line 1, column 8"),
        ("query Q Q{a}", "unexpected Q at line 1, column 9"), ("query 1{a}", "unexpected 1 at line 1, column 7"),
        ("type T {a: Int}", "\"type\" begins no operation and no fragment at line 1, column 1"),
        ("{a}\n{b}", "an operation without a name must be the only one at line 2, column 1"),
        ("query Q{a} {b}", "an operation without a name must be the only one at line 1, column 12"),
        ("query Q{a}\r\nquery Q{b}", "a second operation named \"Q\" at line 2, column 7"),
        ("fragment on on T{a} {b}", "unexpected on at line 1, column 10"),
        ("fragment F T{a} {b}", "unexpected T at line 1, column 12"),
        ("{a(b:01)}", "invalid number at line 1, column 6"),
        ("{a(b:1.)}", "invalid number at line 1, column 6"), ("{a(b:1x)}", "invalid number at line 1, column 6"),
        ("{a(b:-)}", "invalid number at line 1, column 6"), ("{a(b:1.5.2)}", "invalid number at line 1, column 6"),
        ("{a..b}", "unexpected character at line 1, column 3"), ("{é}", "unexpected character at line 1, column 2"),
        ("{\n  a(b: \"é\" c: ?)}", "unexpected character at line 2, column 15"),
        ("{a(b:\"x\n\")}", "unterminated string at line 1, column 6"),
        ("{a(b:\"\"\"x\"\")}", "unterminated string at line 1, column 6"),
        ("{a(b:\"\\x\")}", "invalid escape at line 1, column 7"),
        ("{a(b:\"\\u12\")}", "invalid escape at line 1, column 7"),
        ("{a(b:\"\\u{110000}\")}", "invalid escape at line 1, column 7"),
        ("{a(b:\"\\u{}\")}", "invalid escape at line 1, column 7"),
        ("{a(b:\"\\uD83D\")}", "a lone surrogate, which is no character, at line 1, column 7"),
        ("{a(b:\"x\\udE00\")}", "a lone surrogate, which is no character, at line 1, column 8"),
        ("{a(b:\"\\uD83D\\uD83D\")}", "a lone surrogate, which is no character, at line 1, column 7"),
        ("{a(b:\"\\uD83Dx\")}", "a lone surrogate, which is no character, at line 1, column 7"),
        ("{a(b:\"\\uD83D\\n\")}", "a lone surrogate, which is no character, at line 1, column 7"),
        ("{a(b:\"\\uD83D\\u{DE00}\")}", "a lone surrogate, which is no character, at line 1, column 7"),
        ("{a(b:\"\\uD83D\\u00\")}", "a lone surrogate, which is no character, at line 1, column 7"),
        ("{a(b:\"\\u{D83D}\")}", "invalid escape at line 1, column 7"),
        ("{a(b:\"\\uD83D", "a lone surrogate, which is no character, at line 1, column 7"),
        ("{a(b:\"\\u{ffffffffffffffffffff}\")}", "invalid escape at line 1, column 7"),
        ("{a 1}", "unexpected 1 at line 1, column 4"), ("{a $b}", "unexpected $ at line 1, column 4"),
        ("\"about\" {a}", "unexpected { at line 1, column 9"), ("[a]", "unexpected [ at line 1, column 1"),
        ("query @{a}", "unexpected { at line 1, column 8"), ("query Q = {a}", "unexpected = at line 1, column 9"),
        ("\u{0}{a}", "unexpected character at line 1, column 1"),
    ])
    func `errors name line and column`(_ text: String, _ description: String) {
        let error = #expect(throws: DocumentError.self) { try Document(parsing: text) }
        #expect(error.map { "\($0)" } == description)
    }

    @Test(
        arguments: [[0x7B, 0x61, 0xFF, 0x7D], [0x23, 0xC0, 0xAF], [0x23, 0xED, 0xA0, 0x80], [0x23, 0xE2, 0x82]]
            as [[UInt8]]
    )
    func `bytes that are not UTF-8 are refused, in a comment too`(_ bytes: [UInt8]) {
        let error = #expect(throws: DocumentError.self) { try Document(parsing: bytes) }
        #expect(error?.reason == .invalidUTF8)
    }

    @Test func `documents are bounded`() {
        func reason(_ text: String) -> DocumentError.Reason? {
            #expect(throws: DocumentError.self) { try Document(parsing: text) }?.reason
        }
        #expect(reason(String(repeating: " ", count: Document.maximumLength) + "{a}") == .tooLong)
        #expect(reason("{" + String(repeating: "a ", count: Document.maximumTokens) + "}") == .tooManyTokens)
        #expect(reason(String(repeating: "{a", count: Document.maximumDepth + 1)) == .tooDeep)
        #expect(reason("{a(b:" + String(repeating: "[", count: Document.maximumDepth + 1)) == .tooDeep)
        #expect(reason("query ($a:" + String(repeating: "[", count: Document.maximumDepth + 1)) == .tooDeep)
        let aliases = (0...Document.maximumAliases).map { "a\($0):b" }
        #expect(reason("{\(aliases.joined(separator: " "))}") == .tooManyAliases)
    }

    @Test func `operations and fragments are found in order`() throws {
        let document = try Document(
            parsing:
                "query A{...F} fragment F on T{f} subscription B($x:Int){b(x:$x)} mutation C@d{...G} fragment G on T{g}"
        )
        let expected: [(Operation.Kind, String)] = [(.query, "A"), (.subscription, "B"), (.mutation, "C")]
        #expect(document.operations.map(\.kind) == expected.map(\.0))
        #expect(document.operations.map(\.name) == expected.map(\.1))
        #expect(document.fragments == ["F", "G"])
        #expect(try Document(parsing: "{a}").operations.map(\.kind) == [.query])
        #expect(try Document(parsing: "subscription{a}").operations.first?.name == nil)
    }

    @Test func `a request selects the only operation, or one by name`() throws {
        let one = try Document(parsing: "subscription S{a}")
        #expect(try one.operation(named: nil).kind == .subscription)
        #expect(try one.operation(named: "S").name == "S")
        #expect(throws: OperationSelectionError.unknown("T")) { try one.operation(named: "T") }
        #expect(throws: OperationSelectionError.unknown("")) { try one.operation(named: "") }

        let two = try Document(parsing: "query Q{a} subscription K{b}")
        #expect(throws: OperationSelectionError.nameRequired) { try two.operation(named: nil) }
        #expect(try two.operation(named: "K").kind == .subscription)
        // The Kelvin sign is equal to K as a String.
        #expect(throws: OperationSelectionError.self) { try two.operation(named: "\u{212A}") }
        #expect(throws: OperationSelectionError.self) { try Document(parsing: "{a}").operation(named: "Q") }
    }

    @Test func `mutated documents never trap, and canonical text is canonical`() throws {
        let seeds = [
            "query Q($v: [Int!] = [1, -2.5e3]) @d { a: b(c: \"x\\u00e9\\n\", d: {e: $v}) ... on T { f } ...F }",
            "subscription S { t(s: \"\"\"\n  a\n    b\\\"\"\"\n  \"\"\") } fragment F on T { g } # c\n",
        ].map(\.bytes)
        var generator = SplitMix(seed: 11)
        var parsed = 0
        for _ in 0..<10_000 {
            let bytes = generator.mutate(
                seeds.randomElement(using: &generator)!,
                alphabet: "{}()[]\"\\.$@:=!#,1 \n\r".bytes
            )
            guard let document = try? Document(parsing: bytes, validates: false) else { continue }
            parsed += 1
            let again = try Document(parsing: document.canonical, validates: false)
            #expect(again == document, "\(bytes.text)")
            #expect(again.operations == document.operations)
        }
        #expect(parsed > 500)
    }
}
