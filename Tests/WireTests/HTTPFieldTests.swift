import Testing
import Wire

struct HTTPFieldTests {
    @Test(arguments: [("a", ""), ("X-A", "b: c;d"), ("X_A!", "käse\u{80}"), (";", "a"), ("A", " b ")])
    func `a field that stays on its line has no flaw, and is that line`(name: String, value: String) {
        let field = HTTPField(name: name, value: value)
        #expect(field.flaw == nil)
        #expect(field.line == "\(name): \(value)\r\n")
    }

    @Test(arguments: [
        ("", "a"), ("a b", "c"), ("a:", "c"), ("a\r\nb", "c"), ("a\u{7F}", "c"), ("a\t", "c"), ("a", "b\r\nc: d"),
        ("a", "\n"), ("a", "\0"), ("a", "\u{7F}"), ("a", "b\tc"),
    ])
    func `what would break out of its line is named`(name: String, value: String) {
        let flaw = HTTPField(name: name, value: value).flaw
        #expect(flaw == "the header \(name.debugDescription) has characters that no header has")
    }
}
