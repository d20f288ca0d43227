import GraphQLTransport
import Testing

@testable import FanoutRelayCommand

struct QueryAssemblyTests {
    /// What comes of each line; `nil` at the end stands for the end of the input.
    private static func outcomes(_ lines: [String?]) -> [String] {
        var assembly = QueryAssembly()
        return lines.map { line in
            do {
                return try assembly.take(line) ?? "-"
            } catch {
                return "error"
            }
        }
    }

    @Test func `a line that is a query is one`() {
        #expect(Self.outcomes(["{ a }", "query B { b }", nil]) == ["{ a }", "query B { b }", "-"])
    }

    @Test func `an unfinished query goes on until the line that completes it`() {
        #expect(Self.outcomes(["query A", "{", "a", "}", "{ b }"]) == ["-", "-", "-", "query A\n{\na\n}", "{ b }"])
    }

    @Test func `fragments may stand behind their operation, and a blank line ends the wait for them`() {
        let (query, fragment) = ("{ ...F }", "fragment F on T { a }")
        #expect(Self.outcomes([query, fragment, "{ b }"]) == ["-", "\(query)\n\(fragment)", "{ b }"])
        #expect(Self.outcomes([fragment, query]) == ["-", "\(fragment)\n\(query)"])
        #expect(Self.outcomes([query, "", "{ b }"]) == ["-", "error", "{ b }"])
    }

    @Test func `a blank line or the end of the input ends an unfinished query`() {
        #expect(Self.outcomes(["{ a", " ", "{ b }"]) == ["-", "error", "{ b }"])
        #expect(Self.outcomes(["{ a", nil]) == ["-", "error"])
    }

    @Test func `blank lines and comments between queries are nothing`() {
        #expect(Self.outcomes(["", "  ", "# a comment", "{ a }", nil]) == ["-", "-", "-", "# a comment\n{ a }", "-"])
    }

    @Test func `what can't become a query is refused at once and forgotten`() {
        #expect(Self.outcomes(["type A { a: Int }", "}", "{ a }"]) == ["error", "error", "{ a }"])
        #expect(Self.outcomes(["{ a(b: $c) }", "{ a }"]) == ["error", "{ a }"])
    }

    @Test func `a query without an end is bounded`() {
        var assembly = QueryAssembly()
        let line = "{" + String(repeating: "a ", count: 1000)
        var failures = 0
        for _ in 0..<200 where (try? assembly.take(line)) == nil { failures += assembly.isEmpty ? 1 : 0 }
        #expect(failures >= 1)
    }
}
