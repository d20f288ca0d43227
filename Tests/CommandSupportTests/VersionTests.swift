import CommandSupport
import Glibc
import Testing

struct VersionTests {
    /// A file of this package.
    private static func text(of path: String) throws -> String {
        let root = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
        let descriptor = unsafe open("/\(root)/\(path)", O_RDONLY)
        try #require(descriptor >= 0, "\(path)")
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: 1 << 20)
        let count = unsafe read(descriptor, &bytes, bytes.count)
        try #require(count > 0)
        return String(decoding: bytes[..<count], as: UTF8.self)
    }

    @Test func `the changelog's first entry is the version`() throws {
        let headings = try Self.text(of: "deploy/CHANGELOG.md").split(separator: "\n").filter { $0.hasPrefix("## ") }
        #expect(headings.first?.dropFirst(3).prefix { $0 != " " } == Version.current[...])
    }

    @Test func `the version is one of semantic versioning`() {
        #expect(Version.current.wholeMatch(of: /[0-9]+\.[0-9]+\.[0-9]+(-[0-9A-Za-z.-]+)?/) != nil)
    }
}
