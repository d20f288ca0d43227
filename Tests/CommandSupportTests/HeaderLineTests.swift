import CommandSupport
import Testing

struct HeaderLineTests {
    @Test(arguments: [
        ("A: b", "A", "b"), ("A:b", "A", "b"), ("A:", "A", ""),
        ("X-Y:  two words: and more ", "X-Y", "two words: and more "),
    ])
    func `a name and a value`(text: String, name: String, value: String) throws {
        let header = try #require(HeaderLine(text))
        #expect((header.name, header.value) == (name, value))
        #expect(HeaderLine(header.description) == header)
    }

    @Test(arguments: ["", "no colon", ": b", "A B: c", "A: b\r\nC: d", "A: b\u{7F}", "Ä: b"])
    func `what is no header`(text: String) {
        #expect(HeaderLine(text) == nil)
    }
}
