import Testing

/// What the page on the design names exists, and its walks are short.
struct DesignPageTests {
    private static let path = "Sources/FanoutRelay/FanoutRelay.docc/Design.md"

    /// Swift's own words.
    private static let foreign: Set = ["AsyncStream", "assumeIsolated", "await", "inout"]

    private static func text(between begin: Character, in line: Substring) -> [Substring] {
        let parts = line.split(separator: begin, omittingEmptySubsequences: false)
        return parts.indices.filter { $0 % 2 == 1 }.map { parts[$0] }
    }

    @Test func `every module, file, type and function in code font exists`() throws {
        let endings = [".swift", ".h", ".md"]
        let sources = try SourceText.all(under: "Sources", endings: endings)
        let tests = try SourceText.all(under: "Tests", endings: endings)
        let files = Set((sources + tests).map { $0.path.split(separator: "/").last ?? "" })
        let modules = Set(sources.map { $0.path.split(separator: "/")[1] })
        let declared = DeclaredNames(sources + tests)
        let spans = Set(try SourceText(Self.path).lines.flatMap { Self.text(between: "`", in: $0) })
        #expect(spans.count > 100)
        for span in spans where !Self.foreign.contains(String(span)) {
            let isFile = endings.contains(where: span.hasSuffix)
            let exists = isFile ? files.contains(span) : modules.contains(span) || declared.has(String(span))
            #expect(exists, "\(Self.path) names \(span)")
        }
    }

    @Test(arguments: [
        ("Shard", true), ("Shard.run", true), ("run", true), (".next", true), ("--lag-limit", true),
        ("lws_write", true),
        ("X-Auth", true), ("Client.Dialect", true), ("Shrad", false), ("Shard.rnu", false), ("rnu", false),
        (".nxet", false), ("--lag-limits", false), ("actor", false),
    ])
    func `names are found where they are declared`(name: String, exists: Bool) {
        let lines: [Substring] = [
            "package actor Shard {", "    func run(_ batches: Int) {}", "    case first, next(Int)", "var lagLimit = 1",
            "    enum Dialect {", "struct Client {", "// the Shrad, rnu and nxet of an actor actor",
        ]
        #expect(DeclaredNames(lines).has(name) == exists)
    }

    @Test func `each walk passes five files at most, and none twice`() throws {
        let lines = try SourceText(Self.path).lines
        let walks = try #require(lines.firstIndex(of: "## Walks"))
        let stops = lines[walks...].split { $0.hasPrefix("### ") }.dropFirst().map { walk in
            walk.filter { $0.first?.isNumber == true }.map { Self.text(between: "`", in: $0).first ?? "" }
        }
        #expect(stops.count == 5)
        for files in stops {
            #expect((2...5).contains(files.count))
            #expect(Set(files).count == files.count, "\(files)")
            #expect(files.allSatisfy { $0.hasSuffix(".swift") }, "\(files)")
        }
    }
}
