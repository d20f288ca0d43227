import Glibc
import GraphQLTransport
import Testing

/// Documents that graphql-core 3.3 accepts, one JSON string a line: written ones, and mutations of them.
///
/// Those with an empty selection set are left out, which it takes and the specification doesn't.
@Suite struct ValidDocumentTests {
    @Test func `every document that the specification allows is read, and its canonical text is its own`() throws {
        let documents = try Self.documents()
        #expect(documents.count == 788)
        for text in documents {
            let document = try Document(parsing: text)
            #expect(try Document(parsing: document.canonicalText) == document, "\(text)")
            // What is told of a difference rests on one token for each token.
            let operation = document.operations[0]
            let outline = try OperationOutline(document: document, operation: operation)
            #expect(OperationDifference(of: text.bytes, outline, from: outline) == nil)
        }
    }

    private static func documents() throws -> [String] {
        let folder = #filePath.dropLast("Documents/ValidDocumentTests.swift".count)
        let file = unsafe try #require(fopen("\(folder)Fixtures/valid-documents.jsonl", "r"))
        defer { unsafe fclose(file) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = unsafe fread(&chunk, 1, chunk.count, file)
            guard count > 0 else { break }
            bytes += chunk[..<count]
        }
        return try bytes.split(separator: UInt8(ascii: "\n")).map { line in
            let line = Array(line)
            let text = JSONString.decodeExactly(try JSONScanner.scan(line.span), in: line.span)
            return try #require(text)
        }
    }
}
