import Testing

/// Modules that are values and machines import nothing that has sockets, clocks or chance.
struct PureModulesTests {
    private static func imports(of module: String) throws -> Set<Substring> {
        let lines = try SourceText.all(under: "Sources/\(module)", endings: [".swift"]).flatMap(\.lines)
        return Set(
            lines.compactMap { line in
                let words = line.split(separator: " ")
                guard !line.hasPrefix("/"), let keyword = words.firstIndex(of: "import"), keyword <= 2 else {
                    return nil
                }
                return words.dropFirst(keyword + 1).first
            }
        )
    }

    /// Of the C library Backoffs takes `exp`.
    private static let libraries: Set<Substring> = ["Darwin", "Glibc", "Musl"]

    @Test(
        arguments: [
            ("Backoffs", libraries), ("Wire", []), ("GraphQLTransport", ["Wire"]),
            ("Fanout", ["DequeModule", "GraphQLTransport", "Synchronization", "Wire"]),
            ("AllowedDocuments", ["AccessTokens", "Fanout", "GraphQLTransport"]), ("EventLog", ["DequeModule"]),
        ] as [(String, Set<Substring>)]
    )
    func `a pure module imports no socket, no clock and no Foundation`(module: String, expected: Set<Substring>) throws
    {
        #expect(try Self.imports(of: module) == expected)
    }

    @Test func `tokens are judged without sockets, files and clocks`() throws {
        #expect(try Self.imports(of: "AccessTokens") == ["COpenSSL", "GraphQLTransport", "Synchronization"])
    }

    /// The formatter leaves comments and texts as they are.
    @Test func `no line of the sources is wider than 120 columns`() throws {
        for source in try SourceText.all(under: "Sources", endings: [".swift"]) {
            for (number, line) in source.lines.enumerated() {
                #expect(line.count <= 120, "\(source), line \(number + 1)")
            }
        }
    }

    @Test func `imports are found`() throws {
        let found = try Self.imports(of: "GraphQLSession")
        #expect(found.isSuperset(of: ["Backoffs", "GraphQLTransport", "WebSockets"]), "\(found)")
        #expect(!found.contains("FoundationEssentials") && !found.contains("Foundation"))
    }
}
