import Testing
import Wire

struct MediaTypeTests {
    @Test(
        arguments: [
            ("application/json", "application/json", []), ("", "", []), (";", "", []),
            (" Text/HTML ; q=1", "text/html", []),
            ("application/json;charset=UTF-8", "application/json", ["utf-8"]),
            ("a/b; Charset=\"utf-8\";charset=x ", "a/b", ["utf-8", "x"]), ("a/b;charset", "a/b", []),
            ("a/b;charset=", "a/b", [""]), ("a/b;charset=\"", "a/b", ["\""]), ("a/b;mycharset=x", "a/b", []),
            ("a/b;charset = x", "a/b", []),
        ] as [(Substring, String, [String])]
    )
    func `a type has a name and parameters`(text: Substring, name: String, charsets: [String]) {
        let type = MediaType(text)
        #expect(type.name == name)
        #expect(type.values(of: "charset") == charsets)
    }

    @Test(
        arguments: [
            (nil, "a/b", 1), ("", "a/b", 0), ("*/*", "a/b", 1), ("a/*", "a/b", 1), ("a/*", "c/b", 0), ("A/B", "a/b", 1),
            ("a/b;q=0.5", "a/b", 0.5), ("a/b;q=0", "a/b", 0), ("a/b;q=7", "a/b", 1), ("a/b;q=-1", "a/b", 0),
            ("a/b;q=x", "a/b", 0), ("*/*, a/b;q=0.2", "a/b", 0.2), ("a/*;q=0.3, */*;q=0.9", "a/b", 0.3),
            ("c/d, a/b;level=1;q=0.4", "a/b", 0.4), ("nonsense", "a/b", 0), (" a/b ", "a/b", 1),
            (String(repeating: "c/d,", count: 100) + "a/b", "a/b", 0),
        ] as [(String?, String, Double)]
    )
    func `the range that names a type most exactly says how much it is liked`(
        header: String?,
        type: String,
        quality: Double
    ) {
        #expect(AcceptHeader(header).quality(of: type) == quality)
    }

    @Test(arguments: [("a/b", true), ("*/*", false), ("a/*", false), ("a/b;q=0", false), ("c/d, a/b;q=0.1", true)])
    func `a type is named only by itself`(header: String, isNamed: Bool) {
        #expect(AcceptHeader(header).names("a/b") == isNamed)
    }
}
