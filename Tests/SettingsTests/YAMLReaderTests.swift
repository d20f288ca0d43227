import Testing

@testable import Settings

struct YAMLReaderTests {
    private static func read(_ text: String) throws -> YAMLNode? { try YAMLReader.read(Array(text.utf8)) }

    @Test func `nodes know their lines, and scalars are text`() throws {
        let text = """
            # a comment
            listen: 127.0.0.1:8080
            open: yes
            count: 0x10
            list:
              - a
              - "b: c"
            block: |
              two
              lines
            empty:
            quoted: ""
            """
        guard case .mapping(let members)? = try Self.read(text)?.value else {
            Issue.record("no mapping")
            return
        }
        #expect(members.map(\.key) == ["listen", "open", "count", "list", "block", "empty", "quoted"])
        #expect(members.map(\.line) == [2, 3, 4, 5, 8, 11, 12])
        #expect(members[0].value.text == "127.0.0.1:8080")
        #expect(members[1].value.text == "yes" && members[2].value.text == "0x10")
        #expect(
            members[3].value.value
                == .sequence([
                    YAMLNode(value: .scalar("a"), line: 6), YAMLNode(value: .scalar("b: c"), line: 7),
                ])
        )
        #expect(members[4].value.text == "two\nlines\n")
        #expect(members[5].value.value == .nothing && members[6].value.text == "")
    }

    @Test(arguments: ["", "# nothing\n", "---\n..."])
    func `nothing may stand in a file`(text: String) throws {
        let node = try Self.read(text)
        #expect(node == nil || node?.value == .nothing)
    }

    @Test(arguments: [
        ("a: 1\nb: [\n", 3), ("a: 1\na: 2", 2), ("a: &x 1\nb: *x", 1), ("a: *x", 1), ("a: !!str 1", 1),
        ("a: 1\n---\nb: 2", 2), ("a:\n\tb: 1", 2), ("? [a]\n: 1", 1), ("a: \u{0}", 1), ("a: 'x", 1),
        (String(repeating: "[", count: 17), 1), ("a: &x [1]\n", 1), ("a: !x {b: 1}", 1),
    ])
    func `what settings don't need is refused, with its line`(text: String, line: Int) {
        #expect { try Self.read(text) } throws: { ($0 as? YAMLFault)?.line == line }
    }

    @Test func `bytes that are no UTF-8 are refused`() {
        #expect(throws: YAMLFault.self) { try YAMLReader.read([0x61, 0x3A, 0x20, 0xFF]) }
    }
}
