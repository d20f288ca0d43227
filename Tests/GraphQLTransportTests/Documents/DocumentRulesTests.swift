import TestSupport
import Testing

@testable import GraphQLTransport

/// What needs no schema to be wrong; `DocumentCorpusTests` compares more of it with another implementation.
@Suite struct DocumentRulesTests {
    @Test(arguments: [
        // The grammar, where a reader of brackets sees nothing wrong.
        ("{a()}", "unexpected ) at line 1, column 4"), ("{a(x:)}", "unexpected ) at line 1, column 6"),
        ("{a(x 1)}", "unexpected 1 at line 1, column 6"), ("{a:}", "unexpected } at line 1, column 4"),
        ("{...}", "unexpected } at line 1, column 5"), ("{...on T}", "unexpected } at line 1, column 9"),
        ("query($a Int){a}", "unexpected Int at line 1, column 10"),
        ("query Q(){a}", "unexpected ) at line 1, column 9"),
        ("query($a:Int=$b){a}", "unexpected $ at line 1, column 14"), ("{a@}", "unexpected } at line 1, column 4"),
        ("{a{b}{c}}", "unexpected { at line 1, column 6"),
        ("fragment F($a:Int) on T{a} {...F}", "unexpected ( at line 1, column 11"),
        // Fragments.
        ("{...F}", "no fragment is named \"F\", at line 1, column 5"),
        ("{a}\nfragment F on T{b}", "the fragment \"F\" is part of no operation, at line 2, column 1"),
        ("{...F} fragment F on T{b ...F}", "the fragment \"F\" contains itself at line 1, column 29"),
        (
            "{...F} fragment F on T{a{...G}} fragment G on T{...on U{...F}}",
            "the fragment \"F\" contains itself at line 1, column 60"
        ),
        ("{...F} fragment F on T{b} fragment F on U{c}", "a second fragment named \"F\" at line 1, column 36"),
        // Names in lists.
        ("{a(x:1 y:2 x:1)}", "a second argument named \"x\" at line 1, column 12"),
        ("{a@d(x:1 x:2)}", "a second argument named \"x\" at line 1, column 10"),
        ("{a(x:{y:1 y:1})}", "a second input field named \"y\" at line 1, column 11"),
        // Variables.
        ("query($a:Int $a:Int){b(c:$a)}", "a second variable named $a at line 1, column 15"),
        ("{a(x:[{y:$z}])}", "the variable $z is used but not defined at line 1, column 10"),
        ("query($a:Int){b}", "the variable $a is defined but not used at line 1, column 7"),
        (
            "query A($v:Int){...F} query B{...F} fragment F on T{a(v:$v)}",
            "the variable $v is used but not defined at line 1, column 57"
        ),
        // Subscriptions.
        ("subscription{a b}", "a subscription has one field at its top, \"b\" is another one at line 1, column 16"),
        ("subscription{a c:a}", "a subscription has one field at its top, \"c\" is another one at line 1, column 16"),
        (
            "subscription{...F} fragment F on T{a ...{b}}",
            "a subscription has one field at its top, \"b\" is another one at line 1, column 42"
        ),
        (
            "subscription{a:__typename}",
            "\"__typename\" can't be the field at the top of a subscription at line 1, column 14"
        ),
        (
            "subscription{a@skip(if:true)}",
            "@skip and @include can't be at the top of a subscription at line 1, column 15"
        ),
        (
            "subscription{...F} fragment F on T{...@include(if:true){a}}",
            "@skip and @include can't be at the top of a subscription at line 1, column 39"
        ),
    ])
    func `what is wrong is told with line and column`(_ text: String, _ description: String) {
        let error = #expect(throws: DocumentError.self) { try Document(parsing: text) }
        #expect(error.map { "\($0)" } == description)
    }

    @Test(arguments: [
        "{a b c:a}", "mutation{a b}", "subscription{a a}", "subscription{a{__typename b@skip(if:true)}}",
        "subscription{...F ...G} fragment F on T{...G a} fragment G on T{a}", "query{a@include(if:true)}",
        "{a(x:{}) b(x:[]) c(x:{y:1 z:{y:1}})}", "query($a:Int@d(x:1)){b(c:$a)@d@d}",
        "query A($v:Int){...F} query B($v:Int){...F} fragment F on T{a{...G}} fragment G on T{b(v:$v)}",
        "subscription A{a} subscription B{b}",
        "\"a\" query Q(\"b\" $a:Int){b(c:$a) ...F} \"\"\"c\"\"\" fragment F on T{a}",
    ])
    func `what the specification allows is taken`(_ text: String) throws {
        _ = try Document(parsing: text)
    }

    @Test func `long texts are cut where they are told`() throws {
        let long = String(repeating: "x", count: 100_000)
        let texts = [
            "{a \"\(long)\"}", "{...\(long)}", "query($\(long):Int){a}", "\(long){a}", "subscription{a \(long)}",
        ]
        for text in texts {
            let error = try #require(throws: DocumentError.self) { try Document(parsing: text) }
            #expect("\(error)".utf8.count < 200)
        }
    }

    @Test func `selections and values may each be two hundred deep`() throws {
        let depth = Document.maximumDepth
        func nested(_ opening: String, _ inner: String, _ closing: String, _ depth: Int) -> String {
            String(repeating: opening, count: depth) + inner + String(repeating: closing, count: depth)
        }
        let value = "a(b:\(nested("[", "1", "]", depth)))"
        let type = "($v:\(nested("[", "Int", "]", depth)))"
        _ = try Document(parsing: "query \(type)\(nested("{a", "{\(value)c(v:$v)}", "}", depth - 1))")
        for text in [nested("{a", "", "}", depth + 1), "{a(b:\(nested("{c:", "1", "}", depth + 1)))}"] {
            let error = #expect(throws: DocumentError.self) { try Document(parsing: text) }
            #expect(error?.reason == .tooDeep)
        }
    }

    @Test func `a thousand aliases are taken`() throws {
        let aliases = (0..<Document.maximumAliases).map { "a\($0):b" }.joined(separator: " ")
        _ = try Document(parsing: "{\(aliases)}")
    }

    /// Fragments that spread two more each would be visited 2^1000 times by a rule that follows each spread.
    @Test func `fragments that multiply cost no more than their text`() throws {
        let chain = (0..<1000).map { "fragment F\($0) on T{a(v:$v) ...F\($0 + 1) ...F\($0 + 1)}" }
        let tail = "fragment F1000 on T{a(v:$v)}"
        let text = "subscription($v:Int){...F0} \(chain.joined(separator: " ")) \(tail)"
        #expect(try Document(parsing: text).fragments.count == 1001)
        // Many operations over the same fragments, each with its own variables.
        let operations = (0..<300).map { "subscription S\($0)($v\($0):Int){...F a(v:$v\($0))}" }
        let uses = (0..<1000).map { "x(v:$v\($0 % 300))" }.joined(separator: " ")
        let error = #expect(throws: DocumentError.self) {
            try Document(parsing: "\(operations.joined(separator: " ")) fragment F on T{a{\(uses)}}")
        }
        #expect(error?.reason == .undefinedVariable("v1"))
    }
}
