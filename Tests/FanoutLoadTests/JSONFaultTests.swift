import Testing

@testable import FanoutLoad

@Suite struct JSONFaultTests {
    @Test(arguments: [
        "{}", "[]", "0", "-1.5e+3", "\"\\u00e9\\n\"", "true", " [1, {\"a\": [null, false]}, \"b\"] \n", "1E5",
        "\u{FEFF}{}", "{\"a\":{},\"b\":[]}", "-0", "0.0",
    ]) func `JSON has none`(text: String) {
        #expect(JSONFault.line(in: Array(text.utf8)) == nil)
    }

    @Test(arguments: [
        ("", 1), ("\n", 2), ("{", 1), ("{\n\"a\"\n1}", 3), ("[1\n2]", 2), ("[1,\n]", 2), ("{\n,}", 2),
        ("{\"a\":1,\n}", 2), ("[\n}", 2), ("{\"a\":1\n]", 2), ("1\n1", 2), ("[1]\n]", 2), ("[\n01]", 2), ("[\n1.]", 2),
        ("[\n-]", 2), ("[\n1e]", 2), ("[\n+1]", 2), ("\ntru", 2), ("\nnul]", 2), ("{\n1:2}", 2), ("[\"a\nb\"]", 1),
        ("\n\"a", 2), ("[\"\",\n\"\\x\"]", 2), ("[\n\"\\u12g4\"]", 2), ("\n\"\\u12", 2), ("\n\"\\", 2), ("[\n'a']", 2),
        ("[1,,\n2]", 1),
    ]) func `what is none has the line of the first mistake`(text: String, line: Int) {
        #expect(JSONFault.line(in: Array(text.utf8)) == line)
    }

    @Test func `bytes that are no UTF-8 are one`() {
        let text: [UInt8] = Array("[\n\"".utf8) + [0xFF] + Array("\"]".utf8)
        #expect(JSONFault.line(in: text) == 2)
    }
}
